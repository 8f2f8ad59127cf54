import * as v from "valibot";
import { type GpuProcess, gpuIdentitySchema } from "../../../shared/gpu/gpu.ts";
import { jobSchema } from "../../../shared/jobs/job.ts";
import {
  type FitQuery,
  jobBodySchema,
  jobEndSchema,
  jobPatchSchema,
} from "../../../shared/protocol/job-requests.ts";
import { backendSchema } from "../../../shared/release/backend.ts";

/** What capacity reads of a GPU with every sample, in this order; `null`: not reported. Whole numbers from 0. */
export const RECORDED_FIGURES = [
  "memoryUsedMiB",
  "memoryFreeMiB",
  "memoryReservedMiB",
  "utilizationGpuPct",
] as const;
export type Figures = readonly (number | null)[];

const backendNoteSchema = v.pick(backendSchema, ["id", "reachable", "busy", "queue", "models"]);
export type BackendNote = v.InferOutput<typeof backendNoteSchema>;

/** Who asks, and for what kind of job. */
const intentSchema = v.object({
  ...v.omit(jobBodySchema.pipe[0], ["label", "gpuIndexes", "started", "ttlSeconds", "wait", "requestId"])
    .entries,
  asker: v.string(),
}) satisfies v.GenericSchema<unknown, Omit<FitQuery, "intent">>;

/** What is seldom, kept as JSON. */
export const noteSchema = v.variant("topic", [
  /** So many inputs follow that say only what stands, where a segment begins. */
  v.object({ topic: v.literal("standing"), count: v.number() }),
  /** The sidecar begins: what stood before it is not known to it. */
  v.object({ topic: v.literal("start"), version: v.string() }),
  v.object({
    topic: v.literal("gpus"),
    gpus: v.array(v.object({ ...gpuIdentitySchema.entries, mig: v.nullable(v.boolean()) })),
  }),
  v.object({ topic: v.literal("backends"), backends: v.array(backendNoteSchema) }),
  /** The jobs that run or wait. */
  v.object({ topic: v.literal("jobs"), jobs: v.array(jobSchema) }),
  /** Somebody asks whether, or that, a job may start, and the answer: the job's state or the problem's code. */
  v.object({ topic: v.literal("ask"), id: v.nullable(v.string()), body: jobBodySchema, answer: v.string() }),
  /** Somebody asks with the intent to start: a yes holds room under this ticket for a moment. */
  v.object({
    topic: v.literal("intent"),
    ticket: v.nullable(v.string()),
    query: intentSchema,
    answer: v.string(),
  }),
  /** A job that waited begins. */
  v.object({ topic: v.literal("started"), id: v.string(), gpus: v.array(v.number()) }),
  v.object({ topic: v.literal("patch"), id: v.string(), patch: jobPatchSchema }),
  /** A job ends: because it said so, or (`end` is `null`) because it fell silent. */
  v.object({ topic: v.literal("end"), id: v.string(), end: v.nullable(jobEndSchema) }),
  /** These backends have released VRAM. */
  v.object({ topic: v.literal("released"), backends: v.array(v.string()) }),
]);
export type Note = v.InferOutput<typeof noteSchema>;

/** One thing that decisions on room were made from. `atMs`: epoch milliseconds of the samples' clock, in tenths of a second. */
export type DecisionInput =
  /** In the order of the last `gpus` note. */
  | { kind: "sample"; atMs: number; gpus: readonly Figures[] }
  /** A list of processes that differs from the one before; `null`: the driver gives none. */
  | { kind: "processes"; atMs: number; gpu: number; processes: readonly GpuProcess[] | null }
  | { kind: "note"; atMs: number; note: Note };

/** Finer times decide nothing, and would make every sample differ from the one before. */
export const TICK_MS = 100;
export const toTick = (ms: number) => Math.round(ms / TICK_MS) * TICK_MS;
