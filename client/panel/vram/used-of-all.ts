import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { vramOf } from "../../../shared/gpu/vram.ts";
import { vramOfAll } from "../../../shared/gpu/vram-of-all.ts";
import type { GpuPromise } from "../../../shared/protocol/state.ts";

/** VRAM over the GPUs that tell of theirs, and what running jobs there still need, MiB; `known` is how many these are. Pure. */
export function usedOfAll(
  gpus: readonly Gpu[],
  promises: readonly Pick<GpuPromise, "unified" | "promisedMiB">[],
) {
  const told = gpus
    .map((gpu, i) => ({ vram: vramOf(gpu, promises[i]?.unified), promised: promises[i]?.promisedMiB ?? 0 }))
    .filter(({ vram }) => vram.usedMiB !== null && vram.totalMiB !== null);
  const vram = vramOfAll(told.map((one) => one.vram));
  return { vram, promised: told.reduce((sum, one) => sum + one.promised, 0), known: told.length };
}
