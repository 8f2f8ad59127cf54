import { lazy, memo, Suspense, useMemo, useRef, useState } from "react";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import { usePanel, usePanelParts } from "../../store/use-panel.ts";
import { useWidth } from "../../ui/use-width.ts";
import { BUCKETS, bucketRows, closedBucket } from "./buckets.ts";
import { CHART_FRAME, topOf } from "./geometry.ts";
import { levelsOf } from "./levels.ts";
import { Marks } from "./Marks.tsx";

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
      <TimelineBody uuid={shown.uuid} windowMs={minutes * 60_000} />
    </section>
  );
}

/** Draws anew only when a bucket closes, whatever the rate of the samples. */
const TimelineBody = memo(function TimelineBody({ uuid, windowMs }: { uuid: string; windowMs: number }) {
  const m = useMessages();
  const { store } = usePanelParts();
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const lastBucket = usePanel(({ known }) => closedBucket(known?.tMs ?? 0, windowMs));
  // Read, not subscribed to: what changes within a bucket is drawn with the next.
  const drawn = useMemo(() => {
    const { known } = store.get();
    const position = known?.gpus.findIndex((gpu) => gpu.uuid === uuid) ?? -1;
    const gpu = known?.gpus[position];
    if (known === null || gpu === undefined) return null;
    return {
      points: bucketRows(known.rows, position, lastBucket, windowMs),
      gpuIndex: gpu.index,
      levels: levelsOf(gpu, known.promises[position]),
      runs: known.runs,
      nowMs: lastBucket * (windowMs / BUCKETS),
      epochMs: known.epochMs,
    };
  }, [store, uuid, lastBucket, windowMs]);
  if (drawn === null || drawn.points.length < 2) {
    return (
      <div className="timeline-body" ref={frame}>
        <p className="muted small">{m.timeline.empty}</p>
      </div>
    );
  }
  const { points, gpuIndex, levels, runs, nowMs, epochMs } = drawn;
  const topGib = topOf(levels.totalGib, points);
  return (
    <div className="timeline-body" ref={frame}>
      <Suspense fallback={<p className="muted small">{m.timeline.loading}</p>}>
        {width > 0 && (
          <Marks
            runs={runs}
            gpuIndex={gpuIndex}
            fromMs={epochMs + nowMs - windowMs}
            toMs={epochMs + nowMs}
            levels={levels}
            topGib={topGib}
          >
            <TimelineChart
              points={points}
              width={width}
              frame={CHART_FRAME}
              topGib={topGib}
              nowMs={nowMs}
              windowMs={windowMs}
            />
          </Marks>
        )}
      </Suspense>
    </div>
  );
});
