import * as v from "valibot";
import { problemSchema } from "../problems/problem.ts";

export const JOB_STATES = ["waiting", "running", "done", "failed", "expired"] as const;

/** A job that was declared through the jobs API. Times are epoch milliseconds, MiB are per GPU. */
export const jobSchema = v.object({
  id: v.string(),
  label: v.string(),
  /** Id of the profile it was predicted from; `null`: it brought its own figure. */
  profile: v.nullable(v.string()),
  state: v.picklist(JOB_STATES),
  /** Indexes of the GPUs that are reserved for it, or that it runs on; empty while it waits. */
  gpus: v.array(v.number()),
  /** GPUs that it needs at the same time. */
  gpuCount: v.number(),
  /** Predicted peak on each of its GPUs, what is reserved for it. */
  peakMiB: v.number(),
  /** Backend in which it runs; jobs in one backend share its weights. */
  backend: v.nullable(v.string()),
  /** Process that holds its VRAM. */
  pid: v.nullable(v.number()),
  phase: v.nullable(v.string()),
  requestedBy: v.string(),
  requestedAt: v.number(),
  startedAt: v.nullable(v.number()),
  endedAt: v.nullable(v.number()),
  /** Without a heartbeat until then the job counts as dead and its reservation is freed. */
  expiresAt: v.number(),
  /** Place in the queue, 1 for the next; `null` when it does not wait. */
  position: v.nullable(v.number()),
  /** When it will start, while it waits, and end, while it runs, about: epoch milliseconds; `null`: nobody knows. */
  startsAt: v.nullable(v.number()),
  endsAt: v.nullable(v.number()),
  /** It was running when it was told of, and there is less room than it needs, by so many MiB. */
  overCommittedMiB: v.exactOptional(v.number()),
  /** Why it waits; there while it does. */
  reason: v.exactOptional(problemSchema),
});
export type Job = v.InferOutput<typeof jobSchema>;
