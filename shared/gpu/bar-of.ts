import type { GpuPromise } from "../protocol/state.ts";
import type { Gpu } from "./gpu.ts";
import { vramOf } from "./vram.ts";
import { type VramBar, vramBar } from "./vram-bar.ts";

/** The stacked bar of one GPU. @param reserveMiB of the profile that is looked at */
export function barOf(
  gpu: Pick<Gpu, "memoryTotalMiB" | "memoryUsedMiB" | "memoryFreeMiB">,
  { unified, promisedMiB, backendMiB, tensorsMiB, cacheMiB }: GpuPromise,
  reserveMiB: number | null,
): VramBar | null {
  const vram = vramOf(gpu, unified);
  return vramBar({ ...vram, backendMiB, tensorsMiB, cacheMiB, promisedMiB, reserveMiB });
}
