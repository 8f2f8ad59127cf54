import type { Figure, GpuTrack } from "../model.ts";

/** "Never" is decided by the figure without margin and the card less what the driver keeps. */
export function fitsNever(
  gpus: readonly GpuTrack[],
  { mib }: Figure,
  { gpuCount, on }: { gpuCount: number; on: readonly number[] },
): boolean {
  // Before the first sample it is not known which GPUs there are.
  if (gpus.length === 0) return false;
  const able = gpus.filter(({ evidence: { index, totalMiB, driverMiB } }) => {
    return (on.length === 0 || on.includes(index)) && mib <= totalMiB - driverMiB;
  });
  return able.length < gpuCount;
}
