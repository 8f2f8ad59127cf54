import type { HistorySeries } from "../../shared/history/series.ts";
import { CELL, type Cells, mergeCells, SCALES, STRIDE } from "./cells.ts";
import { BLOCK_BUCKETS, LEVELS, type Level, SLACK_MS } from "./levels.ts";

/** Which figures answer a question: `count` points of `pointMs` from `fromMs` on, made of buckets of `level`. */
export interface Grid {
  level: Level;
  fromMs: number;
  pointMs: number;
  count: number;
}

/**
 * The finest grid with at most `points` (2 or more) points over the window. Points begin at multiples of their length, so that
 * the same moment falls into the same point however often one asks. Pure.
 * @param nowMs tells which levels still reach back to `fromMs`
 */
export function gridOf(
  window: { fromMs: number; toMs: number; points: number },
  nowMs: number,
  levels: readonly Level[] = LEVELS,
): Grid {
  const { fromMs, toMs, points } = window;
  // Both ends may cut a point in two: one point less covers the window for certain.
  const wantedMs = (toMs - fromMs) / (points - 1);
  const longest = Math.max(...levels.map(({ keepMs }) => keepMs));
  const reaching = levels.filter(({ keepMs }) => keepMs + SLACK_MS >= Math.min(nowMs - fromMs, longest));
  const level = reaching.findLast(({ bucketMs }) => bucketMs <= wantedMs) ?? reaching[0] ?? levels[0];
  if (level === undefined) throw new RangeError("there is no level");
  const pointMs = level.bucketMs * Math.max(1, Math.ceil(wantedMs / level.bucketMs));
  const start = Math.floor(fromMs / pointMs) * pointMs;
  return { level, fromMs: start, pointMs, count: Math.ceil((toMs - start) / pointMs) };
}

/** Merges the buckets of a block that begins at `startMs` into the points of the grid. */
export function mergeBlock(points: Cells, grid: Grid, startMs: number, block: Cells): void {
  const { level, fromMs, pointMs, count } = grid;
  for (let bucket = 0; bucket < BLOCK_BUCKETS; bucket++) {
    const point = Math.floor((startMs + bucket * level.bucketMs - fromMs) / pointMs);
    if (point >= 0 && point < count) mergeCells(points, point, block, bucket);
  }
}

/** The points of one field as the API tells them: `null` where nothing is known. Means to a tenth. */
export function seriesOf(points: Cells, count: number, field: number): HistorySeries {
  const scale = SCALES[field] ?? 1;
  const min: (number | null)[] = [];
  const mean: (number | null)[] = [];
  const max: (number | null)[] = [];
  for (let point = 0; point < count; point++) {
    const i = point * STRIDE + field * CELL;
    const seconds = points[i] ?? 0;
    min.push(seconds === 0 ? null : (points[i + 1] ?? 0) / scale);
    max.push(seconds === 0 ? null : (points[i + 2] ?? 0) / scale);
    mean.push(seconds === 0 ? null : Math.round(((points[i + 3] ?? 0) / seconds / scale) * 10) / 10);
  }
  return { min, mean, max };
}

/** Seconds of the window of which this field is known, and the sum of its figures over them. */
export function totalOf(points: Cells, count: number, field: number): { seconds: number; sum: number } {
  let seconds = 0;
  let sum = 0;
  for (let point = 0; point < count; point++) {
    const i = point * STRIDE + field * CELL;
    seconds += points[i] ?? 0;
    sum += points[i + 3] ?? 0;
  }
  return { seconds, sum: sum / (SCALES[field] ?? 1) };
}
