import { usedOf } from "../../../shared/capacity/used-of.ts";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { percentOf } from "../../../shared/gpu/units.ts";
import type { GpuPromise } from "../../../shared/protocol/state.ts";

/** VRAM over the GPUs that tell of theirs, MiB; `known` is how many these are. Pure. */
export function usedOfAll(
  gpus: readonly Gpu[],
  promises: readonly Pick<GpuPromise, "unified" | "promisedMiB">[],
) {
  const told = gpus.flatMap((gpu, i) => {
    const { used, total } = usedOf(gpu, promises[i]?.unified ?? null);
    return used === null || total === null ? [] : [{ used, total, promised: promises[i]?.promisedMiB ?? 0 }];
  });
  const sum = (of: (one: { used: number; total: number; promised: number }) => number) =>
    told.length === 0 ? null : told.reduce((all, one) => all + of(one), 0);
  const used = sum((one) => one.used);
  const total = sum((one) => one.total);
  return {
    used,
    total,
    promised: sum((one) => one.promised) ?? 0,
    share: percentOf(used, total),
    known: told.length,
  };
}
