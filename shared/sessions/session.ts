import * as v from "valibot";

const figure = v.nullable(v.number());

/** What one GPU did during a session. `null`: not reported. */
export const sessionFiguresSchema = v.object({
  gpu: v.number(),
  name: v.string(),
  /** Seconds of which there are samples; less than the session's where they were missing. */
  seconds: v.number(),
  /** Weighted by time. */
  utilizationMeanPct: figure,
  utilizationP50Pct: figure,
  utilizationP95Pct: figure,
  memoryPeakMiB: figure,
  memoryTotalMiB: figure,
  temperatureMeanC: figure,
  temperatureMaxC: figure,
  /** Power summed over time; `null` where power was not reported all the time. */
  energyWh: figure,
});
export type SessionFigures = v.InferOutput<typeof sessionFiguresSchema>;

/** A marked stretch of time: by hand, or a job. Times are epoch milliseconds. */
export const sessionSchema = v.object({
  id: v.string(),
  label: v.string(),
  kind: v.picklist(["hand", "job"]),
  startedAt: v.number(),
  /** `null` while it goes on. */
  endedAt: figure,
  gpus: v.array(sessionFiguresSchema),
});
export type Session = v.InferOutput<typeof sessionSchema>;

const label = v.pipe(v.string(), v.trim(), v.maxLength(120));
const gpus = v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0))), v.maxLength(64));

/** `POST /api/v1/sessions`: begins a session of these GPUs, or of all. */
export const sessionStartSchema = v.strictObject({
  label: v.optional(label, ""),
  gpus: v.exactOptional(gpus),
});
export type SessionStart = v.InferOutput<typeof sessionStartSchema>;

/** The socket's `sessions`; the answer is the list, newest first. */
export const sessionCommandSchema = v.variant("action", [
  v.strictObject({ action: v.literal("list") }),
  v.strictObject({ action: v.literal("start"), ...sessionStartSchema.entries }),
  v.strictObject({ action: v.literal("stop"), id: v.pipe(v.string(), v.maxLength(64)) }),
  v.strictObject({ action: v.literal("remove"), id: v.pipe(v.string(), v.maxLength(64)) }),
]);
export type SessionCommand = v.InferOutput<typeof sessionCommandSchema>;
