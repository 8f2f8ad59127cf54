import type { Gpu } from "../gpu/gpu.ts";
import { percentOf } from "../gpu/units.ts";
import type { Fits, GpuPromise } from "../protocol/state.ts";
import type { Profile } from "./profile.ts";
import { usedOf } from "./used-of.ts";

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
  const held = gpus.map((gpu, i) => usedOf(gpu, known[i]?.unified ?? null));
  const told = held.flatMap(({ used, total }) => (used === null || total === null ? [] : [{ used, total }]));
  const usedPct = percentOf(
    told.reduce((sum, { used }) => sum + used, 0),
    told.reduce((sum, { total }) => sum + total, 0),
  );
  return [
    usedPct === null ? null : Math.round(usedPct),
    ...profiles.map(({ id }) => fits[id]?.canStart ?? null),
  ];
}
