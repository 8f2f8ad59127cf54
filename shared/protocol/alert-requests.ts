import * as v from "valibot";

/** The longest that a rule can be muted for. */
export const LONGEST_MUTE_MINUTES = 7 * 24 * 60;

/** The `acknowledge-alert` event. */
export const acknowledgeRequestSchema = v.strictObject({
  id: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
});
export type AcknowledgeRequest = v.InferOutput<typeof acknowledgeRequestSchema>;

/** `POST /api/v1/alerts/mute` and the `mute-rule` event: nobody is told of the rule's alerts for so long; 0 ends it. */
export const muteRequestSchema = v.strictObject({
  rule: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  minutes: v.pipe(v.number(), v.minValue(0), v.maxValue(LONGEST_MUTE_MINUTES)),
});
export type MuteRequest = v.InferOutput<typeof muteRequestSchema>;
