import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { mibToGib } from "../../../shared/gpu/units.ts";
import type { GpuPromise } from "../../../shared/protocol/state.ts";

/** Lines across the chart, GiB; `null`: not known, or nothing to draw. */
export interface Levels {
  /** VRAM in use once everything that is promised has been taken. */
  promisedGib: number | null;
  /** From here on VRAM is never given to jobs. */
  reserveGib: number | null;
  totalGib: number | null;
}

/** How far VRAM of one GPU is promised to go, and where its reserve begins. Pure. */
export function levelsOf(
  { memoryTotalMiB: total, memoryUsedMiB: used }: Pick<Gpu, "memoryTotalMiB" | "memoryUsedMiB">,
  known: Pick<GpuPromise, "promisedMiB" | "reserveMiB"> | undefined,
): Levels {
  const promised = known?.promisedMiB ?? null;
  // More may be promised than there is: nobody can take it.
  const most = total ?? Number.POSITIVE_INFINITY;
  const reserve = known?.reserveMiB ?? null;
  return {
    promisedGib: mibToGib(
      used === null || promised === null || promised === 0 ? null : Math.min(most, used + promised),
    ),
    reserveGib: mibToGib(total === null || reserve === null ? null : total - reserve),
    totalGib: mibToGib(total),
  };
}
