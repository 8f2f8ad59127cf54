import type { Gpu } from "../gpu/gpu.ts";
import type { GpuPromise } from "../protocol/state.ts";

/** The GPU's own figures, or the host's where it shares that one's memory. MiB. Pure. */
export function usedOf(
  { memoryUsedMiB, memoryTotalMiB }: Pick<Gpu, "memoryUsedMiB" | "memoryTotalMiB">,
  unified: GpuPromise["unified"],
): { used: number | null; total: number | null } {
  if (unified === null) return { used: memoryUsedMiB, total: memoryTotalMiB };
  const { totalMiB, freeMiB } = unified;
  return { used: totalMiB === null || freeMiB === null ? null : totalMiB - freeMiB, total: totalMiB };
}
