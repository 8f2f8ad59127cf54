import * as v from "valibot";
import { problemSchema } from "../problems/problem.ts";

/** More would be finer than any screen. */
export const MOST_POINTS = 500;
const DEFAULT_POINTS = 300;
const DEFAULT_WINDOW_MS = 60 * 60_000;
/** No clock has been here: it keeps the arithmetic exact. */
const LATEST_MS = 8.64e15;

const moment = v.pipe(
  v.union([v.number(), v.string()], "a time: epoch milliseconds, or ISO 8601 such as 2026-11-21T08:00:00Z"),
  v.transform((given) => {
    if (typeof given === "number") return given;
    return /^-?\d+(?:\.\d+)?$/.test(given.trim()) ? Number(given) : Date.parse(given);
  }),
  v.check(
    (ms) => Math.abs(ms) <= LATEST_MS,
    "a time: epoch milliseconds, or ISO 8601 such as 2026-11-21T08:00:00Z",
  ),
);
const points = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^\d{1,4}$/, "a whole number"), v.transform(Number))]),
  v.integer(),
  v.minValue(2),
  v.maxValue(MOST_POINTS),
);
const gpuList = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.maxLength(2000))]),
  v.transform((given) =>
    String(given)
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== ""),
  ),
  v.maxLength(16),
);

/** `GET /api/v1/history?gpu&from&to&points` and the socket's `history`. */
export const historyQuerySchema = v.strictObject({
  /** Indexes or UUIDs; all GPUs of now without it. */
  gpu: v.optional(gpuList),
  /** Below 0: so many milliseconds before `to`. */
  from: v.optional(moment),
  to: v.optional(v.pipe(moment, v.minValue(0))),
  points: v.optional(points, DEFAULT_POINTS),
});
export type HistoryQuery = v.InferOutput<typeof historyQuerySchema>;
export type HistoryRequest = v.InferInput<typeof historyQuerySchema>;

/** What is asked for: the last hour unless said otherwise. `null` when the window ends before it begins. */
export interface HistoryWindow {
  fromMs: number;
  toMs: number;
  points: number;
}
export function windowOf({ from, to, points }: HistoryQuery, nowMs: number): HistoryWindow | null {
  const toMs = to ?? Math.max(nowMs, (from ?? 0) + 1000);
  const fromMs = from === undefined || from < 0 ? Math.max(0, toMs + (from ?? -DEFAULT_WINDOW_MS)) : from;
  return fromMs < toMs ? { fromMs, toMs, points } : null;
}

const figures = v.array(v.nullable(v.number()));
const seriesSchema = v.object({ min: figures, mean: figures, max: figures });
/** One figure a point each; `null` where nothing is known. */
export type HistorySeries = v.InferOutput<typeof seriesSchema>;

export const gpuHistorySchema = v.object({
  uuid: v.string(),
  /** `null` for a GPU that is no longer there. */
  index: v.nullable(v.number()),
  name: v.nullable(v.string()),
  /** Seconds of the window of which anything is known. */
  knownSeconds: v.number(),
  /** Energy over those seconds in which power was reported; `null` where it never was. */
  energyWh: v.nullable(v.number()),
  memoryUsedMiB: seriesSchema,
  utilizationGpuPct: seriesSchema,
  temperatureC: seriesSchema,
  powerDrawW: seriesSchema,
});
export type GpuHistory = v.InferOutput<typeof gpuHistorySchema>;

export const historyAnswerSchema = v.object({
  /** Epoch milliseconds. Point `i` is of `fromMs + i × pointMs` to `pointMs` later. */
  fromMs: v.number(),
  toMs: v.number(),
  pointMs: v.number(),
  gpus: v.array(gpuHistorySchema),
  /** Why history is not kept beyond the sidecar's end, or `null`. */
  problem: v.nullable(problemSchema),
});
export type HistoryAnswer = v.InferOutput<typeof historyAnswerSchema>;
