import { memo, Suspense, useMemo, useRef } from "react";
import { useLater, useMessages } from "../../i18n/use-messages.ts";
import { usePanel, usePanelParts } from "../../store/use-panel.ts";
import { useWidth } from "../../ui/use-width.ts";
import { bucketRows, bucketsOf, closedBucket, LONGEST_INTERVAL_MS } from "./buckets.ts";
import { CHART_FRAME, topOf } from "./geometry.ts";
import { TimelineChart } from "./lazy-chart.ts";
import { levelsOf } from "./levels.ts";
import { Marks } from "./Marks.tsx";
import { liveAxis } from "./time-axis.ts";

/** The last minutes, from the samples that the panel has. Draws anew only when a bucket closes, whatever their rate. */
export const LiveTimeline = memo(function LiveTimeline(props: { uuid: string; windowMs: number }) {
  const { uuid, windowMs } = props;
  const m = useMessages();
  const seconds = useLater()?.timeline.seconds ?? m.timeline.ago;
  const { store } = usePanelParts();
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const lastBucket = usePanel(({ known }) => closedBucket(known?.tMs ?? 0, windowMs));
  // Read, not subscribed to: what changes within a bucket is drawn with the next.
  const drawn = useMemo(() => {
    const { known } = store.get();
    const longestMs = Math.max(LONGEST_INTERVAL_MS, known?.source.intervalMs ?? 0);
    const position = known?.gpus.findIndex((gpu) => gpu.uuid === uuid) ?? -1;
    const gpu = known?.gpus[position];
    if (known === null || gpu === undefined) return null;
    return {
      points: bucketRows(known.rows, position, lastBucket, windowMs, longestMs),
      gpuIndex: gpu.index,
      levels: levelsOf(gpu, known.promises[position]),
      runs: known.runs,
      nowMs: lastBucket * (windowMs / bucketsOf(windowMs)),
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
              axis={liveAxis(nowMs, windowMs, width, { ...m.timeline, seconds })}
            />
          </Marks>
        )}
      </Suspense>
    </div>
  );
});
