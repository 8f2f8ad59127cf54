import { lazy, memo, Suspense, useMemo, useRef, useState } from "react";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { mibToGib } from "../../../shared/gpu/units.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import { usePanel, usePanelParts } from "../../store/use-panel.ts";
import { useWidth } from "../../ui/use-width.ts";
import { BUCKETS, bucketRows, closedBucket } from "./buckets.ts";

const TimelineChart = lazy(() => import("./TimelineChart.tsx"));

const WINDOWS_MIN = [5, 15] as const;

/** VRAM and utilization of one GPU over the last minutes. One chart at a time: eight would cost 150 ms a redraw. */
export function Timeline({ gpus }: { gpus: readonly Gpu[] }) {
  const m = useMessages();
  const [chosen, setChosen] = useState<string | null>(null);
  const [minutes, setMinutes] = useState<(typeof WINDOWS_MIN)[number]>(5);
  const shown = gpus.find(({ uuid }) => uuid === chosen) ?? gpus[0];
  if (shown === undefined) return null;
  return (
    <section className="card timeline" aria-label={m.timeline.title}>
      <header className="timeline-head">
        <h2 className="label">{m.timeline.title}</h2>
        <span className="legend small">
          <span className="key key-vram">{m.vram}</span>
          <span className="key key-util">{m.utilization}</span>
        </span>
        {gpus.length > 1 && (
          <div className="tabs">
            {gpus.map(({ uuid, index, name }) => (
              <button
                key={uuid}
                type="button"
                aria-pressed={uuid === shown.uuid}
                aria-label={`GPU ${index}`}
                title={name}
                onClick={() => setChosen(uuid)}
              >
                {index}
              </button>
            ))}
          </div>
        )}
        <div className="tabs">
          {WINDOWS_MIN.map((n) => (
            <button key={n} type="button" aria-pressed={n === minutes} onClick={() => setMinutes(n)}>
              {fillIn(m.timeline.minutes, { n })}
            </button>
          ))}
        </div>
      </header>
      <TimelineBody uuid={shown.uuid} memoryTotalMiB={shown.memoryTotalMiB} windowMs={minutes * 60_000} />
    </section>
  );
}

/** Draws anew only when a bucket closes, whatever the rate of the samples. */
const TimelineBody = memo(function TimelineBody(props: {
  uuid: string;
  memoryTotalMiB: number | null;
  windowMs: number;
}) {
  const { uuid, memoryTotalMiB, windowMs } = props;
  const m = useMessages();
  const { store } = usePanelParts();
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const lastBucket = usePanel(({ known }) => closedBucket(known?.tMs ?? 0, windowMs));
  const points = useMemo(() => {
    const { known } = store.get();
    const position = known?.gpus.findIndex((gpu) => gpu.uuid === uuid) ?? -1;
    return known === null || position < 0 ? [] : bucketRows(known.rows, position, lastBucket, windowMs);
  }, [store, uuid, lastBucket, windowMs]);
  return (
    <div className="timeline-body" ref={frame}>
      {points.length < 2 ? (
        <p className="muted small">{m.timeline.empty}</p>
      ) : (
        <Suspense fallback={<p className="muted small">{m.timeline.loading}</p>}>
          {width > 0 && (
            <TimelineChart
              points={points}
              width={width}
              totalGib={mibToGib(memoryTotalMiB)}
              nowMs={lastBucket * (windowMs / BUCKETS)}
              windowMs={windowMs}
            />
          )}
        </Suspense>
      )}
    </div>
  );
});
