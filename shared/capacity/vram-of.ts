import type { Gpu } from "../gpu/gpu.ts";
import type { GpuPromise } from "../protocol/state.ts";
import { type VramBar, vramBar } from "./vram-bar.ts";

/** Total and free VRAM to reckon with: the GPU's own, or the host's where they share it. MiB. Pure. */
export function vramOf(
  gpu: Pick<Gpu, "memoryTotalMiB" | "memoryFreeMiB">,
  unified: GpuPromise["unified"],
): { totalMiB: number | null; freeMiB: number | null } {
  return unified ?? { totalMiB: gpu.memoryTotalMiB, freeMiB: gpu.memoryFreeMiB };
}

/** The stacked bar of one GPU. @param reserveMiB of the profile that is looked at */
export function barOf(
  gpu: Pick<Gpu, "memoryTotalMiB" | "memoryFreeMiB">,
  { unified, promisedMiB, backendMiB, tensorsMiB, cacheMiB }: GpuPromise,
  reserveMiB: number | null,
): VramBar | null {
  const vram = vramOf(gpu, unified);
  return vramBar({ ...vram, backendMiB, tensorsMiB, cacheMiB, promisedMiB, reserveMiB });
}
