import type { Gpu } from "../../../shared/gpu/gpu.ts";
import type { GpuPromise } from "../../../shared/protocol/state.ts";

/** The GPU's own figures, or the host's where it shares that one's memory. Pure. */
export function usedOf(
  { memoryUsedMiB, memoryTotalMiB }: Pick<Gpu, "memoryUsedMiB" | "memoryTotalMiB">,
  unified: GpuPromise["unified"],
): { used: number | null; total: number | null } {
  if (unified === null) return { used: memoryUsedMiB, total: memoryTotalMiB };
  const { totalMiB, freeMiB } = unified;
  return { used: totalMiB === null || freeMiB === null ? null : totalMiB - freeMiB, total: totalMiB };
}
