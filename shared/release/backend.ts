import * as v from "valibot";
import { problemSchema } from "../problems/problem.ts";
import { RELEASE_MODES } from "./release.ts";

const figure = v.nullable(v.number());

/** Every kind of generation backend that can be asked to release, `demo` being the simulated one. */
export const BACKEND_KINDS = [
  "comfyui",
  "a1111",
  "forge",
  "sdnext",
  "swarmui",
  "gradio",
  "ollama",
  "vllm",
  "llamacpp",
  "lmstudio",
  "invokeai",
  "http",
  "demo",
] as const;
export type BackendKind = (typeof BACKEND_KINDS)[number];

/**
 * What an unload call does while a job runs.
 * - `deferred`: it is taken up when the running job has ended, before the next one
 * - `spared`: models in use stay, idle ones go at once
 * - `unsafe`: it would break the running job, so it is never sent while one runs
 * - `ends-jobs`: running requests are ended by it, so it is not sent while one runs unless asked for
 * - `unknown`: the backend does not say
 */
export const DURING_JOB = ["deferred", "spared", "unsafe", "ends-jobs", "unknown"] as const;
export type DuringJob = (typeof DURING_JOB)[number];

/** PyTorch's allocator inside the backend's process, as the backend reports it. */
export const allocatorSchema = v.object({
  /** In live tensors. */
  allocatedMiB: figure,
  /** Held from the driver: tensors and the allocator's cache. */
  reservedMiB: figure,
  maxAllocatedMiB: figure,
});
export type AllocatorFigures = v.InferOutput<typeof allocatorSchema>;

/** A model that a backend holds; `usedMiB` is the backend's own figure for VRAM. */
export const backendModelSchema = v.object({ name: v.string(), usedMiB: figure });
export type BackendModel = v.InferOutput<typeof backendModelSchema>;

/** What a backend says of itself. `null`: it does not say. */
export interface BackendStatus {
  /** A job runs. */
  busy: boolean | null;
  /** Jobs that wait behind the running one. */
  queue: number | null;
  models: BackendModel[];
  allocator: AllocatorFigures | null;
  /** Its own name for the running job. It stays in the sidecar. */
  job?: string | null;
  /** Its queue is held, so that no job begins. */
  paused?: boolean;
}

/** A backend as every viewer sees it. */
export const backendSchema = v.object({
  id: v.string(),
  kind: v.string(),
  /** Always `null`: a backend's address never leaves the sidecar. */
  url: v.null(),
  /** Whether the last call got through; `null`: not called yet. */
  reachable: v.nullable(v.boolean()),
  /** Why its status is not known, though it was asked for. */
  problem: v.nullable(problemSchema),
  busy: v.nullable(v.boolean()),
  queue: figure,
  /** Its queue is held, so that no job begins; absent where it does not tell. */
  paused: v.optional(v.boolean()),
  models: v.array(backendModelSchema),
  allocator: v.nullable(allocatorSchema),
  /** A release has left it unable to run a job until it is loaded again. */
  parked: v.boolean(),
  /** It can load again what a release took away. */
  canLoad: v.boolean(),
  /** Its last two releases gave nothing back: no estimate counts on one more, only a restart of its process helps. */
  givesNothing: v.boolean(),
  /** Ways of releasing it knows. */
  modes: v.array(v.picklist(RELEASE_MODES)),
  duringJob: v.picklist(DURING_JOB),
});
export type BackendState = v.InferOutput<typeof backendSchema>;
