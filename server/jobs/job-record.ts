import * as v from "valibot";
import { jobSchema } from "../../shared/jobs/job.ts";
import { jobClassSchema } from "../profiles/job-class-schema.ts";

/** A job as it is kept: what everybody sees of it, and what admission needs to know again after a restart. */
export const jobRecordSchema = v.object({
  job: jobSchema,
  /** Order of arrival. */
  place: v.number(),
  /** Since when it stands in line, epoch ms, where that is before it asked. */
  sinceMs: v.exactOptional(v.number()),
  /** The address that declared it. */
  from: v.exactOptional(v.string()),
  requestId: v.nullable(v.string()),
  ttlMs: v.number(),
  /** When its process began, where it lasts as long as that; `null`: its heartbeats keep it. */
  pidStart: v.optional(v.nullable(v.string()), null),
  jobClass: jobClassSchema,
  /** Indexes of the GPUs that it may use; empty: any. */
  on: v.array(v.number()),
  /** It has ended to let others have the card, and its rest is another job. */
  gaveWay: v.exactOptional(v.boolean()),
  /** While it runs: what was reserved and since when, and how long such jobs take. */
  running: v.nullable(
    v.object({
      basis: v.picklist(["measured", "configured", "published", "nearest", "nothing"]),
      expectedMs: v.number(),
      ownMiB: v.number(),
    }),
  ),
});
export type JobRecord = v.InferOutput<typeof jobRecordSchema>;

export const isRunning = ({ job }: JobRecord) => job.state === "running";
export const isWaiting = ({ job }: JobRecord) => job.state === "waiting";
/** Silence ends it. */
export const isMortal = (record: JobRecord) =>
  isWaiting(record) || (isRunning(record) && record.pidStart === null);
export const isUnfinished = (record: JobRecord) => isRunning(record) || isWaiting(record);
