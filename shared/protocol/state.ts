import * as v from "valibot";
import { jobSchema } from "../capacity/job.ts";
import { basisSchema } from "../capacity/profile.ts";
import { runSchema } from "../capacity/run.ts";
import { usefulnessSchema } from "../capacity/useful.ts";
import { gpuSchema } from "../gpu/gpu.ts";
import { alertSchema } from "../health/alert.ts";
import { type Problem, problemSchema } from "../problems/problem.ts";
import { backendSchema } from "../release/backend.ts";
import { releaseSchema } from "../release/release.ts";
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

export const gpuCapacitySchema = v.object({
  index: v.number(),
  canStart: figure,
  running: figure,
  recommendedMax: figure,
  freeMiB: figure,
  /** With `uncertaintyMiB` in it. */
  reserveMiB: figure,
  uncertaintyMiB: v.number(),
  promisedMiB: figure,
  reclaimableMiB: figure,
  weightsLoaded: v.boolean(),
  perJobMiB: v.number(),
  basis: basisSchema,
  useful: usefulnessSchema,
  /** `null` where total or free VRAM is not known. */
  bar: v.nullable(vramBarSchema),
  /** True: the GPU shares the host's memory, and it is the host's that the figures are of. */
  unifiedMemory: v.boolean(),
  /** The arithmetic in English words. */
  explanation: v.string(),
});
/**
 * What is known of one GPU beside its readings, in the order of the GPU list; `null`: not known. From it, the GPU's
 * readings and a profile the panel makes the same `gpuCapacity` as the sidecar does (`capacityOnGpu`).
 */
export const promiseSchema = v.object({
  running: figure,
  promisedMiB: figure,
  /** The reserve of this GPU, before a profile's uncertainty widens it. */
  reserveMiB: figure,
  /** What idle models in backends would give back on a release; never part of free VRAM. */
  reclaimableMiB: figure,
  useful: usefulnessSchema,
  /** Held by backends' processes; of that in live tensors, and in the allocator's cache. */
  backendMiB: figure,
  tensorsMiB: figure,
  cacheMiB: figure,
  /** Ids of the profiles whose weights a backend on this GPU holds. */
  loaded: v.array(v.string()),
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
  loaded: [],
  unified: null,
};

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
  /** What runs on each GPU, marked or inferred, with its phases; and what ended within the last 15 minutes. */
  runs: v.array(runSchema),
  backends: v.array(backendSchema),
  release: releaseSchema,
  alerts: v.array(alertSchema),
  /** Marked jobs: those that run or wait in the order in which they came, then the last ones that ended. */
  jobs: v.array(jobSchema),
});
/** For scripts: a panel is told with the history that it asks for, and needs no schema of it before. */
export interface HistoryState {
  /** Why history would not survive a restart, or `null`. */
  problem: Problem | null;
}
export type State = v.InferOutput<typeof stateSchema> & { history?: HistoryState };
