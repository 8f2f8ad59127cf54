import type { Gpu } from "../gpu/gpu.ts";
import { roundPercent } from "../gpu/units.ts";
import { usedPctOf, vramOf } from "../gpu/vram.ts";
import { vramOfAll } from "../gpu/vram-of-all.ts";
import type { Profile } from "../profiles/profile.ts";
import type { Fits, GpuPromise } from "./state.ts";

/**
 * What a page says in its title: VRAM in use over its GPUs (whole percent), then how many more jobs may start of each
 * profile, in the order of `profiles`. `null` is what nobody knows.
 */
export type TitleFigures = readonly [usedPct: number | null, ...canStart: (number | null)[]];

/** @param known in the order of the GPUs */
export function titleFigures(
  gpus: readonly Gpu[],
  known: readonly Pick<GpuPromise, "unified">[],
  fits: Fits,
  profiles: readonly Pick<Profile, "id">[],
): TitleFigures {
  const usedPct = usedPctOf(vramOfAll(gpus.map((gpu, i) => vramOf(gpu, known[i]?.unified))));
  return [
    usedPct === null ? null : roundPercent(usedPct),
    ...profiles.map(({ id }) => fits[id]?.canStart ?? null),
  ];
}
