import { memo, useContext, useMemo, useRef } from "react";
import { useLater } from "../../i18n/use-messages.ts";
import { usePanel, usePanelParts } from "../../store/use-panel.ts";
import { useWidth } from "../../ui/use-width.ts";
import { LookContext } from "../settings/look.ts";
import { bucketRows, bucketsOf, closedBucket, LONGEST_INTERVAL_MS } from "./buckets.ts";
import { frameFor } from "./geometry.ts";
import { HistoryChart } from "./HistoryChart.tsx";
import type { Metric } from "./series.ts";

interface LiveTimelineProps {
  /** UUIDs of the GPUs, with blanks between them: the same string is the same GPUs. */
  uuids: string;
  metric: Metric;
  windowMs: number;
}

/** The last minutes, from the samples that the panel has. Draws anew only when a bucket closes, whatever their rate. */
export const LiveTimeline = memo(function LiveTimeline({ uuids, metric, windowMs }: LiveTimelineProps) {
  const words = useLater()?.timeline;
  const { language } = useContext(LookContext);
  const { store } = usePanelParts();
  const place = useRef<HTMLDivElement>(null);
  const width = useWidth(place);
  const lastBucket = usePanel(({ known }) => closedBucket(known?.tMs ?? 0, windowMs));
  // Read, not subscribed to: what changes within a bucket is drawn with the next.
  const drawn = useMemo(() => {
    const { known } = store.get();
    if (known === null) return null;
    const longestMs = Math.max(LONGEST_INTERVAL_MS, known.source.intervalMs);
    const gpus = uuids.split(" ").flatMap((uuid) => {
      const position = known.gpus.findIndex((gpu) => gpu.uuid === uuid);
      const gpu = known.gpus[position];
      if (gpu === undefined) return [];
      const points = bucketRows(known.rows, position, lastBucket, windowMs, longestMs);
      return [{ index: gpu.index, totalGib: (gpu.memoryTotalMiB ?? 0) / 1024, points }];
    });
    // Onto the calendar: one clock everywhere.
    const onClock = gpus.map((gpu) => ({
      ...gpu,
      points: gpu.points.map((point) => ({ ...point, tMs: point.tMs + known.epochMs })),
    }));
    const toMs = known.epochMs + lastBucket * (windowMs / bucketsOf(windowMs));
    return { gpus: onClock, runs: known.runs, toMs };
  }, [store, uuids, lastBucket, windowMs]);
  const isEmpty = (drawn?.gpus[0]?.points.length ?? 0) < 2;
  return (
    <div
      className="timeline-body"
      ref={place}
      style={{ minHeight: frameFor(uuids.split(" ").length).height }}
    >
      {words === undefined || drawn === null || isEmpty || width === 0 ? (
        <p className="muted">{words?.empty}</p>
      ) : (
        <HistoryChart
          {...drawn}
          metric={metric}
          fromMs={drawn.toMs - windowMs}
          width={width}
          words={words}
          language={language}
        />
      )}
    </div>
  );
});
