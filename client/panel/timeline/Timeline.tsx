import { lazy, Suspense, useEffect, useRef, useState } from "react";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { useLater, useMessages } from "../../i18n/use-messages.ts";
import { onShowWhole } from "../replay/whole-recording.ts";
import { LiveTimeline } from "./LiveTimeline.tsx";
import { PastLoading } from "./PastLoading.tsx";
import { LIVE_ZOOMS, PAST_ZOOMS, type Zoom, zoomFor } from "./zooms.ts";

const loadPast = () => import("./PastTimeline.tsx");
const PastTimeline = lazy(loadPast);

const FIRST_ZOOM: Zoom = { n: 5, unit: "minutes", windowMs: 5 * 60_000 };

interface TimelineProps {
  gpus: readonly { gpu: Gpu; position: number }[];
}

/** VRAM and utilization of one GPU over minutes to days. One chart at a time: eight would cost 150 ms a redraw. */
export function Timeline({ gpus }: TimelineProps) {
  const m = useMessages();
  const words = useLater()?.timeline;
  const [chosen, setChosen] = useState<string | null>(null);
  const [{ windowMs }, setZoom] = useState(FIRST_ZOOM);
  const shown = gpus.find(({ gpu }) => gpu.uuid === chosen) ?? gpus[0];
  const hasWords = words !== undefined;
  // After the first figures, and before the sidecar may be out of reach. What fails is tried again when it is shown.
  useEffect(() => {
    if (hasWords) loadPast().catch(() => {});
  }, [hasWords]);
  const card = useRef<HTMLElement>(null);
  const hasCard = shown !== undefined;
  useEffect(() => {
    if (!hasCard || card.current === null) return;
    return onShowWhole(card.current, (lengthMs) => setZoom(zoomFor(lengthMs)));
  }, [hasCard]);
  if (shown === undefined) return null;
  const isPast = PAST_ZOOMS.some((zoom) => zoom.windowMs === windowMs);
  const labelOf = ({ n, unit }: Zoom) =>
    fillIn(unit === "minutes" ? m.timeline.minutes : (words?.[unit] ?? "{n}"), { n });
  return (
    <section ref={card} className="card timeline" aria-label={m.timeline.title}>
      <header className="timeline-head">
        <h2 className="label">{m.timeline.title}</h2>
        <span className="legend small">
          <span className="key key-vram">{m.vram}</span>
          <span className="key key-util">{m.utilization}</span>
          {words !== undefined && (
            <span className="key key-band" data-shown={isPast}>
              {words.band}
            </span>
          )}
        </span>
        {gpus.length > 1 && (
          <div className="tabs">
            {gpus.map(({ gpu: { uuid, index, name } }) => (
              <button
                key={uuid}
                type="button"
                aria-pressed={uuid === shown.gpu.uuid}
                aria-label={`GPU ${index}`}
                title={name}
                onClick={() => setChosen(uuid)}
              >
                {index}
              </button>
            ))}
          </div>
        )}
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out in a row everywhere */}
        <div className="tabs zooms" role="group" aria-label={words?.zoom}>
          {[...LIVE_ZOOMS, ...(words === undefined ? [] : PAST_ZOOMS)].map((zoom) => (
            <button
              key={zoom.windowMs}
              type="button"
              aria-pressed={zoom.windowMs === windowMs}
              onClick={() => setZoom(zoom)}
            >
              {labelOf(zoom)}
            </button>
          ))}
        </div>
      </header>
      {isPast ? (
        <Suspense fallback={<PastLoading />}>
          <PastTimeline gpu={shown.gpu} position={shown.position} windowMs={windowMs} />
        </Suspense>
      ) : (
        <LiveTimeline uuid={shown.gpu.uuid} windowMs={windowMs} />
      )}
    </section>
  );
}
