import * as v from "valibot";
import { jobSchema } from "../capacity/job.ts";
import { basisSchema } from "../capacity/profile.ts";
import { gpuSchema } from "../gpu/gpu.ts";
import { problemSchema } from "../problems/problem.ts";
import { backendSchema } from "../release/backend.ts";
import { releaseSchema } from "../release/release.ts";

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

export const gpuCapacitySchema = v.object({
  index: v.number(),
  canStart: figure,
  running: figure,
  recommendedMax: figure,
  freeMiB: figure,
  reserveMiB: figure,
  promisedMiB: figure,
  reclaimableMiB: figure,
  weightsLoaded: v.boolean(),
  perJobMiB: v.number(),
  basis: basisSchema,
  /** The arithmetic in English words. */
  explanation: v.string(),
});
/** What runs on one GPU and what it will still take, in the order of the GPU list; `null`: not known. */
export const promiseSchema = v.object({ running: figure, promisedMiB: figure });
export type GpuPromise = v.InferOutput<typeof promiseSchema>;

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
  backends: v.array(backendSchema),
  release: releaseSchema,
  /** Marked jobs: those that run or wait in the order in which they came, then the last ones that ended. */
  jobs: v.array(jobSchema),
});
export type State = v.InferOutput<typeof stateSchema>;
