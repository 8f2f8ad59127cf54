import { type GpuReading, READING_FIELDS } from "../gpu/gpu.ts";

/** `[seq, tMs, …]` and then {@link READING_FIELDS} for each GPU in the order `hello` or `gpus` named them. */
export type WireSample = readonly (number | null)[];

/** A decoded `sample` message. */
export interface DecodedSample {
  seq: number;
  tMs: number;
  readings: GpuReading[];
}

const HEAD = 2;
const STRIDE = READING_FIELDS.length;

/** Readings → wire, figures rounded to integers (MiB, %, °C, W): 22 bytes for a busy GPU. */
export function encodeSample(seq: number, tMs: number, readings: readonly GpuReading[]): (number | null)[] {
  const wire: (number | null)[] = [seq, Math.round(tMs)];
  for (const reading of readings) {
    for (const field of READING_FIELDS) {
      const value = reading[field];
      wire.push(value === null ? null : Math.round(value));
    }
  }
  return wire;
}

/** Wire → readings, or `null` when the message does not fit `gpuCount` GPUs. */
export function decodeSample(wire: WireSample, gpuCount: number): DecodedSample | null {
  const [seq, tMs] = wire;
  if (seq == null || tMs == null || wire.length !== HEAD + gpuCount * STRIDE) return null;
  const readings: GpuReading[] = [];
  for (let g = 0; g < gpuCount; g++) {
    const at = (i: number) => wire[HEAD + g * STRIDE + i] ?? null;
    readings.push({
      memoryUsedMiB: at(0),
      memoryFreeMiB: at(1),
      utilizationGpuPct: at(2),
      temperatureC: at(3),
      powerDrawW: at(4),
    });
  }
  return { seq, tMs, readings };
}
