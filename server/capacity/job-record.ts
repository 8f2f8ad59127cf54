import * as v from "valibot";
import { jobSchema } from "../../shared/capacity/job.ts";

/** A job with what only admission needs to know of it; kept in the database as it stands here. */
export const jobRecordSchema = v.object({
  job: jobSchema,
  /** Order of arrival. */
  place: v.number(),
  requestId: v.nullable(v.string()),
  /** It brought its own peak: nothing that is learned of its profile changes that. */
  ownPeak: v.optional(v.boolean(), false),
  ttlMs: v.number(),
  /** Indexes of the GPUs that it may use; `null`: any. */
  allowed: v.nullable(v.array(v.number())),
  /** How long such jobs have taken here, in the mean, seconds; `null`: not known. */
  seconds: v.optional(v.nullable(v.number()), null),
  /** GPUs that are kept for it once it has been the first that waits for long enough. */
  keeps: v.array(v.number()),
  /** Since when it is the first that waits for running jobs to end, epoch milliseconds; `null`: it has not been. */
  firstAt: v.optional(v.nullable(v.number()), null),
  /** VRAM in use on its GPUs when it was admitted. */
  usedBefore: v.array(v.object({ gpu: v.number(), usedMiB: v.nullable(v.number()) })),
});
export type JobRecord = v.InferOutput<typeof jobRecordSchema>;

export const isRunning = ({ job }: JobRecord) => job.state === "running";
export const isWaiting = ({ job }: JobRecord) => job.state === "waiting";
export const isUnfinished = (record: JobRecord) => isRunning(record) || isWaiting(record);
