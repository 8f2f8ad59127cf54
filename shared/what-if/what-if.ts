import * as v from "valibot";

/** `days` of `GET /api/v1/what-if`, at most: so long is kept what decisions were made from. */
export const MOST_DAYS = 14;
export const DEFAULT_DAYS = 7;

/** Who had taken VRAM before a job ran out of it. */
const takerSchema = v.object({
  pid: v.number(),
  /** `null`: the driver hides it. */
  name: v.nullable(v.string()),
  backend: v.nullable(v.string()),
  /** Label of the declared job that ran in it; `null`: nobody had declared one. */
  job: v.nullable(v.string()),
  /** How much more it held than before, and how long before the job failed it had got there. */
  tookMiB: v.number(),
  secondsBefore: v.number(),
});
export type Taker = v.InferOutput<typeof takerSchema>;

/** A declared job that ran out of memory. */
export const collisionSchema = v.object({
  /** Epoch milliseconds. */
  at: v.number(),
  /** Id and label of the job. */
  id: v.string(),
  job: v.string(),
  /** Indexes; empty: not known. */
  gpus: v.array(v.number()),
  /** `null`: nobody else took VRAM shortly before, or the driver tells of no process. */
  taker: v.nullable(takerSchema),
  /** By the estimate it would not have happened, had every declared job waited for room. `null`: cannot be judged. */
  avoided: v.nullable(v.boolean()),
});
export type Collision = v.InferOutput<typeof collisionSchema>;

/** What the gate would have done: an estimate. */
export const whatIfSchema = v.object({
  estimate: v.literal(true),
  days: v.number(),
  /** Epoch milliseconds. */
  from: v.number(),
  to: v.number(),
  /** Days of 24 hours of which there is a record, and the dates (`2026-11-29`, the sidecar's) of which there is none. */
  recordedDays: v.number(),
  daysWithoutRecord: v.array(v.string()),
  /** Declared jobs that ran, and those of which it is not known what they held. */
  jobs: v.number(),
  unjudged: v.number(),
  outOfMemory: v.object({
    /** As it was. */
    recorded: v.number(),
    /** … of which so many would not have happened, */
    avoided: v.number(),
    /** and so many others would have. */
    added: v.number(),
  }),
  waits: v.object({
    /** Jobs that would have begun later than they did, what that adds up to, and the longest of it. */
    jobs: v.number(),
    seconds: v.number(),
    longestSeconds: v.number(),
  }),
  /** Newest first; the last 50. */
  collisions: v.array(collisionSchema),
});
export type WhatIf = v.InferOutput<typeof whatIfSchema>;

/** The answer with the same in words, by the sidecar's clock. */
export const whatIfAnswerSchema = v.object({
  ...whatIfSchema.entries,
  text: v.object({ summary: v.string(), collisions: v.array(v.string()) }),
});
export type WhatIfAnswer = v.InferOutput<typeof whatIfAnswerSchema>;

/** On the socket. */
export const whatIfRequestSchema = v.strictObject({
  days: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_DAYS)), DEFAULT_DAYS),
});
export type WhatIfRequest = v.InferInput<typeof whatIfRequestSchema>;
