import { type GpuReading, READING_FIELDS } from "../../../shared/gpu/gpu.ts";
import type { Tick } from "../assemble-tick.ts";
import type { GpuRow } from "../gpu-row.ts";

/** A GPU as a log names it; what a log does not hold is unknown. */
export type RecordedGpu = Pick<GpuRow, "index" | "uuid" | "name" | "driverVersion" | "memoryTotalMiB">;

/** A log that has been read: ticks in the order of their times, figures in a compact form. */
export interface Recording {
  gpus: readonly RecordedGpu[];
  /** Epoch milliseconds of each tick, rising. */
  times: Float64Array;
  /** By tick, GPU and reading; NaN is unknown. A GPU that a tick has no row of has no figure in it. */
  values: Float32Array;
  /** Median distance of two ticks (ms). */
  intervalMs: number;
  /** Lines that could not be read. */
  wrongLines: number;
  /** Numbers of the first of them. */
  firstWrong: readonly number[];
  /** Only every nth tick is played: the log is too long for the memory. */
  everyNth: number;
}

const STRIDE = READING_FIELDS.length;

/** One tick of a recording as a source reports it. Pure. */
export function tickAt(recording: Recording, i: number): Tick {
  const { gpus, values } = recording;
  return gpus.map((gpu, g) => {
    const start = (i * gpus.length + g) * STRIDE;
    const figure = (name: keyof GpuReading) => {
      const value = values[start + READING_FIELDS.indexOf(name)] ?? Number.NaN;
      return Number.isNaN(value) ? null : value;
    };
    return {
      ...gpu,
      display: null,
      reading: {
        memoryUsedMiB: figure("memoryUsedMiB"),
        memoryFreeMiB: figure("memoryFreeMiB"),
        utilizationGpuPct: figure("utilizationGpuPct"),
        temperatureC: figure("temperatureC"),
        powerDrawW: figure("powerDrawW"),
      },
      details: NO_DETAILS,
    };
  });
}

const NO_DETAILS: GpuRow["details"] = {
  memoryReservedMiB: null,
  utilizationMemoryPct: null,
  powerLimitW: null,
  fanPct: null,
  pstate: null,
  throttle: null,
  mig: null,
};

/** Number of the first tick at or after a moment; the number of ticks when there is none. Pure. */
export function tickFrom({ times }: Pick<Recording, "times">, atMs: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
