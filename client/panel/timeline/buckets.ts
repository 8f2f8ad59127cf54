import { HISTORY_STRIDE, type HistoryRow, isGap } from "../../../shared/history/row.ts";

/** One point of the chart; `null`s break the line. */
export interface ChartPoint {
  /** Middle of the bucket, ms since the sidecar's epoch, or since 1970 where the axis goes by the calendar. */
  tMs: number;
  /** Peak VRAM in the bucket, GiB, or its mean where there is a band. */
  vramGib: number | null;
  /** Mean utilization in the bucket, percent. */
  utilizationPct: number | null;
  /** Peak in the bucket, or mean where there is a band. */
  temperatureC: number | null;
  /** Between which figures they moved, where the point is a mean. */
  vramBand?: [number, number] | null;
  utilizationBand?: [number, number] | null;
  temperatureBand?: [number, number] | null;
}

/** Buckets per chart: few, because redrawing costs more than any other part of the panel. */
export const BUCKETS = 60;
/** A minute in half as many: samples come once a second. */
const SHORTEST_BUCKET_MS = 2000;
/** How many buckets a window has. */
export const bucketsOf = (windowMs: number) => Math.min(BUCKETS, Math.ceil(windowMs / SHORTEST_BUCKET_MS));
/** Longest regular distance between samples, where nobody asked for a longer one: the rate while nobody watches. */
export const LONGEST_INTERVAL_MS = 5000;

/** Number of the last bucket that is closed at `tMs`: the chart is drawn anew when it changes. */
export function closedBucket(tMs: number, windowMs: number): number {
  return Math.floor(tMs / (windowMs / bucketsOf(windowMs)));
}

/**
 * The rows of one GPU as points, at most {@link BUCKETS}. VRAM and temperature keep their peak and utilization its mean; where
 * samples are missing, longer than their regular distance explains, a point of `null`s breaks the line. Pure.
 */
export function bucketRows(
  rows: readonly HistoryRow[],
  position: number,
  lastBucket: number,
  windowMs: number,
  longestIntervalMs = LONGEST_INTERVAL_MS,
): ChartPoint[] {
  const buckets = bucketsOf(windowMs);
  const bucketMs = windowMs / buckets;
  const middle = (bucket: number) => (bucket + 0.5) * bucketMs;
  const points: ChartPoint[] = [];
  let current:
    | { bucket: number; vram: number | null; utilSum: number; utilCount: number; hot: number | null }
    | undefined;
  let previous: HistoryRow | undefined;

  function close() {
    if (current === undefined) return;
    const { bucket, vram, utilSum, utilCount, hot } = current;
    points.push({
      tMs: middle(bucket),
      vramGib: vram === null ? null : vram / 1024,
      utilizationPct: utilCount === 0 ? null : utilSum / utilCount,
      temperatureC: hot,
    });
    current = undefined;
  }

  for (const row of rows) {
    const bucket = Math.floor(row.tMs / bucketMs);
    if (bucket < lastBucket - buckets || bucket >= lastBucket) continue;
    if (previous !== undefined && isGap(previous, row, longestIntervalMs)) {
      close();
      const tMs = (middle(Math.floor(previous.tMs / bucketMs)) + middle(bucket)) / 2;
      points.push({ tMs, vramGib: null, utilizationPct: null, temperatureC: null });
    }
    previous = row;
    if (current !== undefined && current.bucket !== bucket) close();
    current ??= { bucket, vram: null, utilSum: 0, utilCount: 0, hot: null };
    const vram = row.values[position * HISTORY_STRIDE] ?? null;
    const util = row.values[position * HISTORY_STRIDE + 1] ?? null;
    if (vram !== null) current.vram = Math.max(current.vram ?? 0, vram);
    const hot = row.values[position * HISTORY_STRIDE + 2] ?? null;
    if (hot !== null) current.hot = Math.max(current.hot ?? 0, hot);
    if (util !== null) {
      current.utilSum += util;
      current.utilCount += 1;
    }
  }
  close();
  return points;
}
