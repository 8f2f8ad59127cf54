import type { Vram } from "./vram.ts";

/** VRAM of several GPUs together, of those that tell theirs. Pure. */
export function vramOfAll(vrams: readonly Vram[]): Vram {
  const told = vrams.filter(({ totalMiB, usedMiB }) => totalMiB !== null && usedMiB !== null);
  const sum = (of: (vram: Vram) => number | null) =>
    told.length === 0 ? null : told.reduce((all, vram) => all + (of(vram) ?? 0), 0);
  return {
    totalMiB: sum(({ totalMiB }) => totalMiB),
    usedMiB: sum(({ usedMiB }) => usedMiB),
    driverMiB: sum(({ driverMiB }) => driverMiB),
    freeMiB: sum(({ freeMiB }) => freeMiB),
  };
}
