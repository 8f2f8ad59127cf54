import * as v from "valibot";

/** A figure the driver may not report: `null` means unknown, never 0. */
// JSON carries no infinite number, and what parses nvidia-smi makes none.
const figure = v.nullable(v.number());
const count = v.number();

/** A compute process on a GPU. `name` and `usedMiB` are `null` where the driver hides them (other PID namespace, WDDM). */
export const gpuProcessSchema = v.object({
  pid: count,
  name: v.nullable(v.string()),
  usedMiB: figure,
  /** Id of the backend that it belongs to, where the machine lets us find out. */
  backend: v.exactOptional(v.string()),
});
export type GpuProcess = v.InferOutput<typeof gpuProcessSchema>;

/** What changes with every sample. Units are in the names. */
export const gpuReadingSchema = v.object({
  memoryUsedMiB: figure,
  /** The driver's own `memory.free`: on newer drivers used + reserved + free = total. */
  memoryFreeMiB: figure,
  utilizationGpuPct: figure,
  temperatureC: figure,
  powerDrawW: figure,
});
export type GpuReading = v.InferOutput<typeof gpuReadingSchema>;

/** What changes seldom and travels apart from the samples. */
export const gpuDetailsSchema = v.object({
  memoryReservedMiB: figure,
  /** Memory-bandwidth activity. It is not the share of VRAM in use. */
  utilizationMemoryPct: figure,
  powerLimitW: figure,
  fanPct: figure,
  pstate: v.nullable(v.string()),
  /** Names of active throttle (clock event) reasons, without "idle"; `null` when the driver does not tell. */
  throttle: v.nullable(v.array(v.string())),
  /** MIG mode on or off; `null` where the GPU has none. */
  mig: v.nullable(v.boolean()),
  /** `null` until the first process query has answered. */
  processes: v.nullable(v.array(gpuProcessSchema)),
});
export type GpuDetails = v.InferOutput<typeof gpuDetailsSchema>;

/** Who the GPU is. */
export const gpuIdentitySchema = v.object({
  index: count,
  uuid: v.string(),
  name: v.string(),
  memoryTotalMiB: figure,
  /** The GPU was there and no longer answers: its readings are `null`. */
  lost: v.boolean(),
  /** The driver says that it must be reset before it can be used: it tells no figures until then. */
  needsReset: v.exactOptional(v.boolean()),
  /** A desktop draws on it, or Windows (WDDM) manages its memory; absent where the driver does not tell. */
  display: v.exactOptional(v.boolean()),
});
export type GpuIdentity = v.InferOutput<typeof gpuIdentitySchema>;

/** One GPU as `/api/v1/state` and `hello` show it. */
export const gpuSchema = v.object({
  ...gpuIdentitySchema.entries,
  ...gpuReadingSchema.entries,
  ...gpuDetailsSchema.entries,
});
export type Gpu = v.InferOutput<typeof gpuSchema>;

/** The readings in the order in which they stand on the wire and in history rows. */
export const READING_FIELDS = [
  "memoryUsedMiB",
  "memoryFreeMiB",
  "utilizationGpuPct",
  "temperatureC",
  "powerDrawW",
] as const satisfies readonly (keyof GpuReading)[];

/** A reading of which nothing is known. */
export const UNKNOWN_READING: GpuReading = {
  memoryUsedMiB: null,
  memoryFreeMiB: null,
  utilizationGpuPct: null,
  temperatureC: null,
  powerDrawW: null,
};
