import type { Profile } from "./profile.ts";

/** What the recommendation needs to know of a GPU. `null` = the driver does not tell. */
export interface GpuRoom {
  index: number;
  memoryTotalMiB: number | null;
  memoryFreeMiB: number | null;
}

/** How many jobs of one profile fit on one GPU, with every figure that the answer rests on. */
export interface GpuCapacity {
  index: number;
  /** Jobs that may start now on top of what runs; `null` when VRAM is not reported. */
  canStart: number | null;
  /** Running jobs of this kind; `null`: not known, nothing marks jobs yet. */
  running: number | null;
  /** `running + canStart`; equals `canStart` while `running` is not known. */
  recommendedMax: number | null;
  freeMiB: number | null;
  reserveMiB: number | null;
  /** VRAM that running jobs will still take; `null`: not known yet, so not taken off. */
  promisedMiB: number | null;
  perJobMiB: number;
  basis: Profile["basis"];
}

/** VRAM left alone on every GPU, at least (MiB). */
export const RESERVE_FLOOR_MIB = 1024;
/** VRAM left alone on every GPU, as a share of its total. */
export const RESERVE_SHARE = 0.05;

/** VRAM that is never given to jobs: max(1024 MiB, 5 % of total), rounded up to whole MiB. */
export function reserveMiB(memoryTotalMiB: number): number {
  return Math.max(RESERVE_FLOOR_MIB, Math.ceil(memoryTotalMiB * RESERVE_SHARE));
}

/**
 * Recommended concurrency on one GPU: `floor((free − reserve) / peak)`, never below 0 and never more than
 * physically fits. Unknown VRAM gives `null`, not 0. Source of the formula: requirements R3 and R4.
 */
export function gpuCapacity(gpu: GpuRoom, profile: Pick<Profile, "peakMiB" | "basis">): GpuCapacity {
  const { memoryTotalMiB: total, memoryFreeMiB: free } = gpu;
  const reserve = total === null ? null : reserveMiB(total);
  const canStart =
    total === null || free === null || reserve === null
      ? null
      : Math.max(0, Math.floor((Math.min(free, total) - reserve) / profile.peakMiB));
  return {
    index: gpu.index,
    canStart,
    running: null,
    recommendedMax: canStart,
    freeMiB: free,
    reserveMiB: reserve,
    promisedMiB: null,
    perJobMiB: profile.peakMiB,
    basis: profile.basis,
  };
}

/** The sum over GPUs; `null` when no GPU's figure is known, else GPUs that are not known count as none. */
export function totalCanStart(gpus: readonly Pick<GpuCapacity, "canStart">[]): number | null {
  const known = gpus.flatMap(({ canStart }) => (canStart === null ? [] : [canStart]));
  return known.length === 0 ? null : known.reduce((sum, n) => sum + n, 0);
}
