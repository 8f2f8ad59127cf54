import * as v from "valibot";

/** A phase of a job as it was seen: from when on, and the highest level in it so far. */
export const phaseSeenSchema = v.object({
  /** What the job said, or the profile's phase that the level agrees with; `null`: nobody knows a name. */
  name: v.nullable(v.string()),
  /** Epoch milliseconds. */
  startedAt: v.number(),
  /** MiB on this GPU; `null` while its memory is not seen. */
  mib: v.nullable(v.number()),
});
export type PhaseSeen = v.InferOutput<typeof phaseSeenSchema>;

/** A job on one GPU, declared or inferred, for the timeline: one that runs, or has ended within the last minutes. */
export const runSchema = v.object({
  /** Stays the same while it runs, and is no other's. */
  id: v.string(),
  /** Id of the declared job; `null`: inferred from a process that behaves like one. */
  job: v.nullable(v.string()),
  gpu: v.number(),
  pid: v.nullable(v.number()),
  /** The declared job's label, or the process's name; empty: the machine names no process, and `pid` is `null`. */
  label: v.string(),
  profile: v.nullable(v.string()),
  /** Epoch milliseconds. */
  startedAt: v.number(),
  /** `null` while it runs. */
  endedAt: v.nullable(v.number()),
  /** Predicted peak on this GPU, MiB; of an ended one the peak that was seen. `null`: not known. */
  peakMiB: v.nullable(v.number()),
  /** In order. */
  phases: v.array(phaseSeenSchema),
});
export type Run = v.InferOutput<typeof runSchema>;
