import { lazy, memo, Suspense, useEffect, useRef, useState } from "react";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { useLater, useMessages } from "../../i18n/use-messages.ts";
import type { PanelState } from "../../store/panel-state.ts";
import { usePanel } from "../../store/use-panel.ts";
import { onShowWhole } from "../replay/whole-recording.ts";
import { LiveTimeline } from "./LiveTimeline.tsx";
import { PastLoading } from "./PastLoading.tsx";
import { type Card, METRICS, type Metric } from "./series.ts";
import { LIVE_ZOOMS, PAST_ZOOMS, type Zoom, zoomFor } from "./zooms.ts";

const loadPast = () => import("./PastTimeline.tsx");
const PastTimeline = lazy(loadPast);

/** More lines than that cannot be told from each other. */
const MOST_LINES = 16;
const LONGEST_LIVE_MS = 15 * 60_000;

/** The shortest live stretch that shows all that is known: it grows with it. */
const selectStretch = ({ known }: PanelState) => {
  const lengthMs = (known?.tMs ?? 0) - (known?.rows[0]?.tMs ?? 0);
  return LIVE_ZOOMS.find(({ windowMs }) => windowMs >= lengthMs)?.windowMs ?? LONGEST_LIVE_MS;
};

/** One figure of all GPUs, or of one, over minutes to days. */
export const Timeline = memo(function Timeline({ gpus }: { gpus: readonly Card[] }) {
  const m = useMessages();
  const words = useLater()?.timeline;
  const [chosen, setChosen] = useState<string | null>(null);
  const [metric, setMetric] = useState<Metric>("vram");
  const [zoom, setZoom] = useState<number | null>(null);
  const stretch = usePanel(selectStretch);
  const windowMs = zoom ?? stretch;
  const hasWords = words !== undefined;
  // After the first figures, and before the sidecar may be out of reach. What fails is tried again when it is shown.
  useEffect(() => {
    if (hasWords) loadPast().catch(() => {});
  }, [hasWords]);
  const place = useRef<HTMLElement>(null);
  const hasGpus = gpus.length > 0;
  useEffect(() => {
    if (!hasGpus || place.current === null) return;
    return onShowWhole(place.current, (lengthMs) => setZoom(zoomFor(lengthMs).windowMs));
  }, [hasGpus]);
  if (!hasGpus) return null;
  const one = gpus.filter(({ uuid }) => uuid === chosen);
  const shown = one.length > 0 ? one : gpus.slice(0, MOST_LINES);
  const isPast = PAST_ZOOMS.some((past) => past.windowMs === windowMs);
  const labelOf = ({ n, unit }: Zoom) => fillIn(words?.[unit] ?? "{n}", { n });
  const nameOf = { vram: m.vram, util: m.util, temp: words?.temp ?? "°C" };
  return (
    <section ref={place} className="hist" aria-label={words?.title}>
      <header className="hh">
        <Choice<Metric>
          options={METRICS.map((one) => ({ key: one, text: nameOf[one] }))}
          chosen={metric}
          onChoose={setMetric}
        />
        {gpus.length > 1 && gpus.length <= MOST_LINES && (
          <Choice
            className="which"
            options={[
              { key: "", text: words?.all ?? "…" },
              ...gpus.map(({ uuid, index }) => ({ key: uuid, text: String(index), name: `GPU ${index}` })),
            ]}
            chosen={chosen ?? ""}
            onChoose={(uuid) => setChosen(uuid === "" ? null : uuid)}
          />
        )}
        <Choice
          className="zooms push"
          label={words?.zoom}
          options={[...LIVE_ZOOMS, ...(hasWords ? PAST_ZOOMS : [])].map((zoom) => ({
            key: String(zoom.windowMs),
            text: labelOf(zoom),
          }))}
          chosen={String(windowMs)}
          onChoose={(ms) => setZoom(Number(ms))}
        />
      </header>
      {isPast ? (
        <Suspense fallback={<PastLoading />}>
          <PastTimeline gpus={shown} metric={metric} windowMs={windowMs} />
        </Suspense>
      ) : (
        <LiveTimeline uuids={shown.map(({ uuid }) => uuid).join(" ")} metric={metric} windowMs={windowMs} />
      )}
    </section>
  );
});

interface ChoiceProps<T extends string> {
  className?: string;
  label?: string | undefined;
  options: readonly { key: T; text: string; name?: string }[];
  chosen: T;
  onChoose(key: T): void;
}

function Choice<T extends string>({ className = "", label, options, chosen, onChoose }: ChoiceProps<T>) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out in a row everywhere
    <div className={`seg ${className}`.trim()} role="group" aria-label={label}>
      {options.map(({ key, text, name }) => (
        <button
          key={key}
          type="button"
          aria-label={name}
          aria-pressed={key === chosen}
          onClick={() => onChoose(key)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}
