import { type GpuCapacity, type GpuRoom, gpuCapacity } from "./concurrency.ts";
import type { Profile } from "./profile.ts";
import type { Usefulness } from "./useful.ts";

/** What the sidecar knows of one GPU beside its readings; `null`: not known. The same for every profile. */
export interface GpuKnown {
  running: number | null;
  promisedMiB: number | null;
  /** The reserve of this GPU, before a profile's uncertainty widens it. */
  reserveMiB: number | null;
  reclaimableMiB: number | null;
  useful: Usefulness;
  /** Ids of the profiles whose weights a backend on this GPU holds. */
  loaded: readonly string[];
  /** Of a GPU that shares the host's memory: the host's, which stands in for its own. */
  unified: { totalMiB: number | null; freeMiB: number | null } | null;
}

/** The VRAM to reckon with: the GPU's own, or the host's where they share it. */
export function roomOf(
  gpu: GpuRoom & { mig?: boolean | null },
  known: Pick<GpuKnown, "unified"> | undefined,
): GpuRoom {
  // In MIG mode a job gets one of the slices; what the GPU as a whole has free is no room for any.
  if (gpu.mig === true) return { index: gpu.index, memoryTotalMiB: gpu.memoryTotalMiB, memoryFreeMiB: null };
  const unified = known?.unified ?? null;
  if (unified === null) return gpu;
  return { index: gpu.index, memoryTotalMiB: unified.totalMiB, memoryFreeMiB: unified.freeMiB };
}

/** The recommendation for one profile on one GPU: the one way that sidecar, API and panel reckon it. Pure. */
export function capacityOnGpu(
  gpu: GpuRoom & { mig?: boolean | null },
  profile: Profile,
  known?: GpuKnown,
): GpuCapacity {
  const { uncertaintyMiB } = profile;
  if (known === undefined) return gpuCapacity(roomOf(gpu, known), profile, { uncertaintyMiB });
  const { running, promisedMiB, reserveMiB, reclaimableMiB } = known;
  return gpuCapacity(roomOf(gpu, known), profile, {
    running,
    promisedMiB,
    reserveMiB,
    reclaimableMiB,
    uncertaintyMiB,
    weightsLoaded: known.loaded.includes(profile.id),
  });
}
