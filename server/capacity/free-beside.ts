import type { GpuProcess } from "../../shared/gpu/gpu.ts";

/**
 * What can be free at most beside what a list of processes tells, MiB: the list may be newer than the sample that it came
 * with. `null`: not known, or more is told to be held than there is, so that the sum means nothing. Pure.
 */
export function freeBeside(totalMiB: number | null, processes: readonly GpuProcess[] | null): number | null {
  if (totalMiB === null || processes === null) return null;
  const heldMiB = processes.reduce((sum, { usedMiB }) => sum + (usedMiB ?? 0), 0);
  return heldMiB > totalMiB ? null : totalMiB - heldMiB;
}
