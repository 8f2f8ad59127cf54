import type { Gpu } from "../gpu/gpu.ts";
import type { BackendState } from "./backend.ts";
import { CONTEXT_MIB, estimateMiB } from "./estimate.ts";

type BarePlace = Pick<Gpu, "index" | "memoryUsedMiB" | "processes">;

/** What backends hold on one GPU, MiB; `null`: not known. */
export interface BackendsOn {
  backendMiB: number | null;
  tensorsMiB: number | null;
  cacheMiB: number | null;
  /** What a release of those that are not busy would probably bring. */
  reclaimableMiB: number | null;
}

/** Nothing is there that could be a backend's. */
const NONE: BackendsOn = { backendMiB: 0, tensorsMiB: 0, cacheMiB: 0, reclaimableMiB: 0 };
const UNKNOWN: BackendsOn = { backendMiB: null, tensorsMiB: null, cacheMiB: null, reclaimableMiB: null };

/**
 * What the backends hold on one of the GPUs and would give back. An allocator speaks for its whole process: its figures
 * are given to a GPU only where the backend has no other. On several GPUs its processes' VRAM tells what each holds, less a
 * CUDA context what a release would bring. Where processes tell nothing, a backend is taken to be on the only GPU of
 * the machine; of several nobody knows. Pure.
 */
export function backendsOn(
  gpu: BarePlace,
  gpus: readonly BarePlace[],
  backends: readonly BackendState[],
): BackendsOn {
  const parts = backends.map((backend) => partOn(gpu, gpus, backend));
  const sum = (key: keyof BackendsOn, parts: readonly BackendsOn[]) => {
    const known = parts.flatMap((part) => part[key] ?? []);
    return parts.length > 0 && known.length === 0 ? null : known.reduce((all, mib) => all + mib, 0);
  };
  const reclaimable = sum("reclaimableMiB", parts);
  return {
    backendMiB: sum("backendMiB", parts),
    tensorsMiB: sum("tensorsMiB", parts),
    cacheMiB: sum("cacheMiB", parts),
    reclaimableMiB:
      reclaimable === null ? null : Math.min(reclaimable, gpu.memoryUsedMiB ?? Number.POSITIVE_INFINITY),
  };
}

/** GPUs on which the backend has a process; `null`: the machine does not tell. */
export function placesOf(backend: BackendState, gpus: readonly BarePlace[]): number[] | null {
  const own = gpus.filter(({ processes }) => processes?.some((process) => process.backend === backend.id));
  if (own.length > 0) return own.map(({ index }) => index);
  const tells = gpus.some(({ processes }) => processes?.some(({ usedMiB }) => usedMiB !== null));
  const [only, ...others] = gpus;
  return !tells && only !== undefined && others.length === 0 && backend.reachable === true
    ? [only.index]
    : null;
}

function partOn(gpu: BarePlace, gpus: readonly BarePlace[], backend: BackendState): BackendsOn {
  const places = placesOf(backend, gpus);
  if (places === null) return UNKNOWN;
  if (!places.includes(gpu.index)) return NONE;
  const heldMiB = heldOn(gpu, backend.id);
  const canGive =
    backend.busy !== true && !backend.parked && !backend.givesNothing && backend.modes.length > 0;
  if (places.length > 1) {
    const beyondContext = heldMiB === null ? null : Math.max(0, heldMiB - CONTEXT_MIB);
    return {
      backendMiB: heldMiB,
      tensorsMiB: null,
      cacheMiB: null,
      reclaimableMiB: canGive ? beyondContext : 0,
    };
  }
  const { allocatedMiB = null, reservedMiB = null } = backend.allocator ?? {};
  return {
    backendMiB: heldMiB ?? reservedMiB,
    tensorsMiB: allocatedMiB,
    cacheMiB: allocatedMiB === null || reservedMiB === null ? null : Math.max(0, reservedMiB - allocatedMiB),
    reclaimableMiB: canGive ? estimateMiB(backend, gpus) : 0,
  };
}

function heldOn({ processes }: BarePlace, backend: string): number | null {
  const own = (processes ?? []).filter((process) => process.backend === backend);
  if (own.length === 0 || own.some(({ usedMiB }) => usedMiB === null)) return null;
  return own.reduce((sum, { usedMiB }) => sum + (usedMiB ?? 0), 0);
}
