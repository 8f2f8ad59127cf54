import * as v from "valibot";
import { gpuSchema } from "../gpu/gpu.ts";
import { usefulnessSchema } from "../gpu/useful.ts";
import type { Handover } from "../handover/handover.ts";
import { alertSchema } from "../health/alert.ts";
import { jobSchema } from "../jobs/job.ts";
import { type Problem, problemSchema } from "../problems/problem.ts";
import { basisSchema } from "../profiles/profile.ts";
import { backendSchema } from "../release/backend.ts";
import { foundSchema } from "../release/found.ts";
import { releaseSchema } from "../release/release.ts";
import { runSchema } from "../timeline/run.ts";
import { replaySchema } from "./replay.ts";

const figure = v.nullable(v.number());

/** Where samples come from and whether they do. `problem` beside `live` is a warning: one GPU of several is lost. */
export const sourceSchema = v.object({
  kind: v.picklist(["nvidia-smi", "demo", "replay", "redis"]),
  status: v.picklist(["starting", "live", "stale", "failed"]),
  /** Why the demo source is shown though nobody asked for it. */
  demoReason: v.nullable(v.picklist(["asked-for", "no-nvidia-smi"])),
  problem: v.nullable(problemSchema),
  /** Milliseconds between samples at present: the rate asked for while somebody watches, slower otherwise. */
  intervalMs: v.number(),
  driverVersion: v.nullable(v.string()),
  /** The recording that is played, with `kind: "replay"`. */
  replay: v.exactOptional(replaySchema),
});
export type SourceState = v.InferOutput<typeof sourceSchema>;

export const hostSchema = v.object({
  name: v.string(),
  cpuCount: v.number(),
  /** One-minute load average; `null` on Windows, which has none. */
  load1: figure,
  memoryTotalMiB: figure,
  /** What may still be taken: within the container's limit where there is one. */
  memoryAvailableMiB: figure,
  /** The container's memory limit; `null` where there is none. */
  memoryLimitMiB: figure,
  /** The container's CPU limit in cores; `null` where there is none. */
  cpuLimit: figure,
});
export type HostState = v.InferOutput<typeof hostSchema>;

/** VRAM in pieces that add up to the total; see `vramBar`. */
export const vramBarSchema = v.object({
  othersMiB: v.number(),
  backendMiB: figure,
  tensorsMiB: figure,
  cacheMiB: figure,
  promisedMiB: figure,
  reserveMiB: figure,
  freeMiB: v.number(),
});

/** A process or backend that keeps VRAM on a GPU, and whether its next job fits in it. */
export const residentSchema = v.object({
  backend: v.nullable(v.string()),
  pid: v.nullable(v.number()),
  name: v.nullable(v.string()),
  state: v.picklist(["running", "idle", "cannot-tell"]),
  /** `needsMiB`: the peak of its next job by its own last ones, what it holds included; `null` while it works. */
  nextJob: v.object({ fits: v.number(), needsMiB: figure }),
});
export type Resident = v.InferOutput<typeof residentSchema>;

export const gpuCapacitySchema = v.object({
  index: v.number(),
  canStart: figure,
  /** Of `canStart`: in idle residents, one each. */
  inResidents: v.number(),
  running: figure,
  recommendedMax: figure,
  freeMiB: figure,
  reserveMiB: figure,
  promisedMiB: figure,
  /** What the jobs in residents take beyond what those hold. */
  residentsMiB: v.number(),
  reclaimableMiB: figure,
  perJobMiB: v.number(),
  basis: basisSchema,
  useful: usefulnessSchema,
  /** `null` where total or free VRAM is not known. */
  bar: v.nullable(vramBarSchema),
  /** True: the GPU shares the host's memory, and it is the host's that the figures are of. */
  unifiedMemory: v.boolean(),
  residents: v.array(residentSchema),
  /** The arithmetic in English words. */
  explanation: v.string(),
});
/** What is known of one GPU beside its readings, whatever the profile, in the order of the GPU list; `null`: not known. */
export const promiseSchema = v.object({
  running: figure,
  promisedMiB: figure,
  /** Kept free beside running jobs. */
  reserveMiB: figure,
  /** What idle models in backends would give back on a release; never part of free VRAM. */
  reclaimableMiB: figure,
  useful: usefulnessSchema,
  /** Held by backends' processes; of that in live tensors, and in the allocator's cache. */
  backendMiB: figure,
  tensorsMiB: figure,
  cacheMiB: figure,
  residents: v.array(residentSchema),
  /** Of a GPU that shares the host's memory and reports none of its own: the host's. */
  unified: v.nullable(v.object({ totalMiB: figure, freeMiB: figure })),
});
export type GpuPromise = v.InferOutput<typeof promiseSchema>;
/** Where nothing but the readings is known of a GPU. */
export const UNKNOWN_PROMISE: GpuPromise = {
  running: null,
  promisedMiB: null,
  reserveMiB: null,
  reclaimableMiB: null,
  useful: { verdict: "unknown", utilizationPct: null },
  backendMiB: null,
  tensorsMiB: null,
  cacheMiB: null,
  residents: [],
  unified: null,
};

/** Of one profile on one GPU: canStart, inResidents, perJobMiB, reserveMiB, residentsMiB, as `gpuCapacity` has them. */
export const fitRowSchema = v.tuple([figure, v.number(), v.number(), figure, v.number()]);
export type FitRow = v.InferOutput<typeof fitRowSchema>;
/** By profile: how many such jobs one loop would let in one after the other, in all and on each GPU in its order. */
export const fitsSchema = v.record(v.string(), v.object({ canStart: figure, gpus: v.array(fitRowSchema) }));
export type Fits = v.InferOutput<typeof fitsSchema>;

export const capacitySchema = v.object({
  profile: v.string(),
  perGpu: v.array(gpuCapacitySchema),
  recommendedMax: figure,
  canStart: figure,
});
export type CapacityState = v.InferOutput<typeof capacitySchema>;

/** The whole present state, as `hello` carries it and `GET /api/v1/state` answers. */
export const stateSchema = v.object({
  source: sourceSchema,
  gpus: v.array(gpuSchema),
  host: hostSchema,
  capacity: capacitySchema,
  promises: v.array(promiseSchema),
  fits: fitsSchema,
  /** What runs on each GPU, declared or not, with its phases; and what ended within the last 15 minutes. */
  runs: v.array(runSchema),
  backends: v.array(backendSchema),
  found: v.array(foundSchema),
  release: releaseSchema,
  /** Read by `handoverSchema` where it is shown: a panel's first figures need no schema of it. */
  handover: v.exactOptional(v.custom<Handover>(() => true)),
  alerts: v.array(alertSchema),
  /** Declared jobs: those that run or wait in the order in which they came, then the last ones that ended. */
  jobs: v.array(jobSchema),
});
/** For scripts: a panel is told with the history that it asks for, and needs no schema of it before. */
export interface HistoryState {
  /** Why history would not survive a restart, or `null`. */
  problem: Problem | null;
}
export type State = v.InferOutput<typeof stateSchema> & { history?: HistoryState };
