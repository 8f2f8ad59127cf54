import type { Gpu } from "../gpu/gpu.ts";
import type { BackendState } from "./backend.ts";

/** A process with a CUDA context keeps this much until it ends (300–600 MiB in practice; PyTorch issues #107667, #109888). */
export const CONTEXT_MIB = 600;
const SMALLEST_CONTEXT_MIB = 300;

/** ComfyUI's dynamic VRAM keeps weights outside PyTorch's allocator, whose figure is then only a part. */
const WEIGHTS_OUTSIDE_ALLOCATOR: readonly string[] = ["comfyui", "swarmui"];

/** What releasing one backend will probably bring, MiB: nothing where it cannot unload; `null`: unknown. Pure. */
export function estimateMiB(backend: BackendState, gpus: readonly Pick<Gpu, "processes">[]): number | null {
  if (backend.givesNothing || backend.modes.length === 0) return 0;
  // How much of it its job uses, and would keep, nobody tells.
  if (backend.busy === true && backend.duringJob === "spared") return null;
  return loadedMiB(backend, gpus);
}

/**
 * What one backend has loaded, MiB: what its allocator holds from the driver; else the sum of its models' own figures; else
 * its processes' VRAM less a CUDA context each; else `null`, unknown. Pure.
 */
export function loadedMiB(backend: BackendState, gpus: readonly Pick<Gpu, "processes">[]): number | null {
  const reserved = backend.allocator?.reservedMiB ?? null;
  const inProcesses = processesMiB(backend.id, gpus);
  if (reserved !== null) {
    const outside = WEIGHTS_OUTSIDE_ALLOCATOR.includes(backend.kind) ? (inProcesses ?? 0) : 0;
    return Math.round(Math.max(reserved, outside));
  }
  const models = sumOf(backend.models.map(({ usedMiB }) => usedMiB));
  return models === null ? inProcesses : Math.round(models);
}

/** VRAM of the backend's processes beyond their CUDA contexts. */
function processesMiB(backendId: string, gpus: readonly Pick<Gpu, "processes">[]): number | null {
  const processes = gpus.flatMap((gpu) => gpu.processes ?? []).filter((one) => one.backend === backendId);
  return sumOf(
    processes.map(({ usedMiB }) => (usedMiB === null ? null : Math.max(0, usedMiB - SMALLEST_CONTEXT_MIB))),
  );
}

/** The same for several backends: unknown as soon as one of them is, and never more than is in use. */
export function totalEstimateMiB(
  backends: readonly BackendState[],
  gpus: readonly Pick<Gpu, "processes" | "memoryUsedMiB">[],
): number | null {
  const sum = sumOf(backends.map((backend) => estimateMiB(backend, gpus)));
  const inUse = sumOf(gpus.map(({ memoryUsedMiB }) => memoryUsedMiB));
  return sum === null || inUse === null ? sum : Math.min(sum, inUse);
}

function sumOf(figures: readonly (number | null)[]): number | null {
  if (figures.length === 0) return null;
  let sum = 0;
  for (const figure of figures) {
    if (figure === null) return null;
    sum += figure;
  }
  return sum;
}
