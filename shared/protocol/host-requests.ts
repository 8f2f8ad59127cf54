import * as v from "valibot";

const text = (most: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(most));
const whole = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const pid = whole(1, 4_194_304);

/** Where the app is asked to unload, and how. */
const hookFields = {
  kind: v.optional(text(20), "http"),
  url: text(1000),
  /** Names the app whatever process of it speaks: its workers are one backend. */
  app: v.optional(text(120)),
};

/** `POST /api/v1/backends`: the hook of an app, for as long as it is repeated. */
export const registerBodySchema = v.strictObject({
  ...hookFields,
  label: text(60),
  pid: v.optional(pid),
  ttl: v.optional(whole(5, 3600), 60),
});
export type RegisterBody = v.InferOutput<typeof registerBodySchema>;

/** `POST /api/v1/lease`: a host that uses the sidecar while it holds the answer open. */
export const leaseBodySchema = v.strictObject({
  /** What kind of program it is, for people. */
  host: text(60),
  label: text(60),
  pid: v.optional(pid),
  hook: v.optional(v.strictObject(hookFields)),
});
export type LeaseBody = v.InferOutput<typeof leaseBodySchema>;

/** `GET /api/v1/whoami`: what is to be proven with, new for each question. */
export const whoamiQuerySchema = v.object({
  nonce: v.optional(v.pipe(v.string(), v.regex(/^[\w-]{16,128}$/, "16 to 128 letters, digits, dashes"))),
});
