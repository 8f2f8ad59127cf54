import type { Gpu, GpuProcess } from "../../shared/gpu/gpu.ts";

/** The compute processes of one GPU at one moment; `null`: not known. */
export interface GpuProcesses {
  index: number;
  processes: readonly GpuProcess[] | null;
}

/** A process that is not the released backend's, and by how much its VRAM changed. */
export interface OtherChange {
  gpu: number;
  pid: number;
  name: string | null;
  /** + took, − gave back. */
  changedMiB: number;
}

export const processesOf = (gpus: readonly Gpu[]): GpuProcesses[] =>
  gpus.map(({ index, processes }) => ({ index, processes }));

/**
 * What other processes than those of the backends took or gave back between two moments. Where at least one process is
 * known to be theirs, every process that is not is another. Where none is, one that shrank may have been the backend,
 * so that only what grew is told apart. Pure.
 */
export function changesOfOthers(
  before: readonly GpuProcesses[],
  after: readonly GpuProcesses[],
  ...backendIds: readonly string[]
): OtherChange[] {
  const isOwn = ({ backend }: GpuProcess) => backend !== undefined && backendIds.includes(backend);
  const ownKnown = [...before, ...after].some(({ processes }) => processes?.some(isOwn) ?? false);
  return before.flatMap(({ index, processes: earlier }) => {
    const later = after.find((gpu) => gpu.index === index)?.processes ?? null;
    if (earlier === null || later === null) return [];
    const pids = new Set([...earlier, ...later].map(({ pid }) => pid));
    return [...pids].flatMap((pid): OtherChange[] => {
      const was = earlier.find((process) => process.pid === pid);
      const is = later.find((process) => process.pid === pid);
      if ((was !== undefined && isOwn(was)) || (is !== undefined && isOwn(is))) return [];
      const wasMiB = was === undefined ? 0 : was.usedMiB;
      const isMiB = is === undefined ? 0 : is.usedMiB;
      if (wasMiB === null || isMiB === null) return [];
      const changedMiB = isMiB - wasMiB;
      if (changedMiB === 0 || (!ownKnown && changedMiB < 0)) return [];
      return [{ gpu: index, pid, name: is?.name ?? was?.name ?? null, changedMiB }];
    });
  });
}

/** Net change by others on one GPU, MiB. */
export function changeOn(changes: readonly OtherChange[], gpu: number): number {
  return changes.reduce((sum, change) => (change.gpu === gpu ? sum + change.changedMiB : sum), 0);
}
