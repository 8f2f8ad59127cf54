import * as v from "valibot";
import { alertSchema } from "./alert.ts";

/** An alert as it is kept: `endedAt` is epoch milliseconds, `null` while it lasts. */
export const pastAlertSchema = v.object({
  ...alertSchema.entries,
  endedAt: v.nullable(v.number()),
  acknowledgedBy: v.nullable(v.string()),
});
export type PastAlert = v.InferOutput<typeof pastAlertSchema>;

/** A rule that is muted, until when in epoch milliseconds. */
export const muteSchema = v.object({ rule: v.string(), until: v.number() });
export type Mute = v.InferOutput<typeof muteSchema>;

/** What came of a test message to one receiver. `error` is `null` where it was taken. */
export const testResultSchema = v.object({ kind: v.string(), error: v.nullable(v.string()) });
export type TestResult = v.InferOutput<typeof testResultSchema>;

/** `GET /api/v1/alerts`: those of now, those of before with the newest first, and what is muted. */
export const alertListSchema = v.object({
  alerts: v.array(alertSchema),
  past: v.array(pastAlertSchema),
  mutes: v.array(muteSchema),
});
export type AlertList = v.InferOutput<typeof alertListSchema>;
