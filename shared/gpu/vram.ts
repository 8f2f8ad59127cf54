import type { Gpu } from "./gpu.ts";
import { percentOf } from "./units.ts";

/**
 * VRAM of one GPU, MiB: in use, kept by the driver and free add up to the total. `null`: not known.
 */
export interface Vram {
  totalMiB: number | null;
  /** The driver's own count, as nvidia-smi shows it. */
  usedMiB: number | null;
  /** What the driver and the firmware keep beside it; 0 where an older driver counts that as in use. */
  driverMiB: number | null;
  freeMiB: number | null;
}

/** What a GPU that shares the host's memory is reckoned with; `null`: it has its own. */
export type UnifiedMemory = { totalMiB: number | null; freeMiB: number | null } | null;

type Figures = Pick<Gpu, "memoryTotalMiB" | "memoryUsedMiB" | "memoryFreeMiB">;

/** The one meaning of used, free and kept by the driver, for everything that shows or judges VRAM. Pure. */
export function vramOf(gpu: Figures, unified: UnifiedMemory = null): Vram {
  if (unified !== null) {
    const { totalMiB, freeMiB } = unified;
    const known = totalMiB !== null && freeMiB !== null;
    return { totalMiB, usedMiB: known ? totalMiB - freeMiB : null, driverMiB: known ? 0 : null, freeMiB };
  }
  const { memoryTotalMiB: totalMiB, memoryUsedMiB: usedMiB, memoryFreeMiB: freeMiB } = gpu;
  const known = totalMiB !== null && usedMiB !== null && freeMiB !== null;
  return { totalMiB, usedMiB, driverMiB: known ? Math.max(0, totalMiB - usedMiB - freeMiB) : null, freeMiB };
}

/** How full a GPU is, percent: what is in use of the total. `null`: not known. Pure. */
export const usedPctOf = ({ usedMiB, totalMiB }: Vram) => percentOf(usedMiB, totalMiB);
