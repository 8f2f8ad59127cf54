import type { Gpu, GpuProcess } from "../../../shared/gpu/gpu.ts";
import { hasUnifiedMemory } from "../../../shared/gpu/unified.ts";
import { vramOf } from "../../../shared/gpu/vram.ts";
import type { HostState } from "../../../shared/protocol/state.ts";
import type { GpuEvidence, ListedProcess, ProcessList } from "../model.ts";

/** What is remembered of lists of processes from sample to sample. Immutable. */
export interface ListMemory {
  /** By GPU. */
  taken: ReadonlyMap<string, Taken>;
  /** The machine has told once what a process holds; such a machine tells always. */
  tells: boolean;
}

/** The last list of a GPU that was taken in. */
interface Taken {
  processes: Gpu["processes"];
  /** VRAM in use that no process of it explains, MiB. */
  unexplainedMiB: number;
  /** The sample it was last read with, and what that GPU has in use at least by the two, MiB. */
  sampledMs: number;
  leastMiB: number;
}

export const NO_LISTS: ListMemory = { taken: new Map(), tells: false };

/** VRAM in use that needs no process to explain it: driver, display. MiB. */
const UNEXPLAINED_MIB = 1536;

export interface Surroundings {
  /** When the sample came. */
  sampledMs: number;
  /** There was an answer to the question for processes, even that there is none. */
  listsAsked: boolean;
  /** A list was asked for just now, for a decision, and did not come. */
  listFailed: boolean;
  /** The process whose child this one is, where that is a job by itself; else the process. */
  jobOf?(pid: number): number;
  /** Asked only where a GPU shares the host's memory. */
  readHost(): Pick<HostState, "memoryTotalMiB" | "memoryAvailableMiB">;
}

/**
 * What one sample proves, GPU by GPU. A GPU whose VRAM is not known, or that is cut in MIG slices, proves nothing: a job
 * gets one of the slices, and nvidia-smi tells of the whole. Pure but for `readHost`.
 */
export function evidenceOf(
  gpus: readonly Gpu[],
  before: ListMemory,
  around: Surroundings,
): { evidence: GpuEvidence[]; memory: ListMemory } {
  const tells = before.tells || gpus.some(({ processes }) => processes?.some(tellsUse) ?? false);
  const { sampledMs } = around;
  const taken = new Map<string, Taken>();
  const evidence = gpus.flatMap((gpu) => {
    const memory = memoryOf(gpu, around);
    if (memory === null) return [];
    const known = before.taken.get(gpu.uuid);
    const list = listOf(gpu, memory.usedMiB, known?.processes, tells, around);
    const listedMiB = sumOf(gpu.processes ?? []);
    // A list that is newer than its sample may name what came meanwhile, beside what no list ever names. Until the
    // next sample has come that is in use, whoever looks again.
    const isAgain = list.kind !== "fresh" && known?.sampledMs === sampledMs;
    const leastMiB =
      list.kind === "fresh" ? listedMiB + (known?.unexplainedMiB ?? 0) : isAgain ? known.leastMiB : 0;
    const usedMiB = Math.min(memory.totalMiB - memory.driverMiB, Math.max(memory.usedMiB, leastMiB));
    // What a sample shows that is newer than its list may be growth of those it names: only less is believed.
    const restMiB = Math.max(0, memory.usedMiB - listedMiB);
    const isFirst = known === undefined || gpu.processes === null;
    const isAfter = list.kind !== "fresh" && !isAgain;
    const unexplainedMiB = isFirst
      ? restMiB
      : isAfter
        ? Math.min(known.unexplainedMiB, restMiB)
        : known.unexplainedMiB;
    taken.set(gpu.uuid, { processes: gpu.processes, unexplainedMiB, sampledMs, leastMiB });
    return [{ index: gpu.index, ...memory, usedMiB, utilizationPct: gpu.utilizationGpuPct, list }];
  });
  return { evidence, memory: { taken, tells } };
}

const tellsUse = ({ usedMiB }: GpuProcess) => usedMiB !== null;
const sumOf = (processes: readonly Pick<ListedProcess, "usedMiB">[]) =>
  processes.reduce((sum, { usedMiB }) => sum + (usedMiB ?? 0), 0);

const ofHost = ({ memoryTotalMiB, memoryAvailableMiB }: ReturnType<Surroundings["readHost"]>) => ({
  totalMiB: memoryTotalMiB,
  freeMiB: memoryAvailableMiB,
});

function memoryOf(gpu: Gpu, { readHost }: Surroundings) {
  if (gpu.lost || gpu.mig === true) return null;
  const { totalMiB, usedMiB, driverMiB } = vramOf(gpu, hasUnifiedMemory(gpu) ? ofHost(readHost()) : null);
  return totalMiB === null || usedMiB === null || driverMiB === null
    ? null
    : { totalMiB, driverMiB, usedMiB };
}

function listOf(
  { processes }: Gpu,
  usedMiB: number,
  taken: Gpu["processes"] | undefined,
  tells: boolean,
  { listsAsked, listFailed, jobOf = (pid) => pid }: Surroundings,
): ProcessList {
  if (processes === null)
    return listFailed || (listsAsked && !tells) ? { kind: "hidden" } : { kind: "not-read" };
  const explains = processes.length > 0 ? processes.some(tellsUse) : tells || usedMiB < UNEXPLAINED_MIB;
  if (!explains) return { kind: "hidden" };
  if (processes === taken) return listFailed ? { kind: "hidden" } : { kind: "not-read" };
  const listed = processes.map(({ pid, name, usedMiB: mib, backend = null }) => ({
    ...{ pid: jobOf(pid), name, backend },
    usedMiB: mib,
  }));
  return { kind: "fresh", processes: joined(listed) };
}

/** What several processes of one job hold is one holder's. */
function joined(listed: readonly ListedProcess[]): ListedProcess[] {
  const byPid = new Map<number, ListedProcess>();
  for (const one of listed) {
    const other = byPid.get(one.pid);
    const both = [other?.usedMiB ?? null, one.usedMiB].filter((mib) => mib !== null);
    const usedMiB = both.length === 0 ? null : both.reduce((sum, mib) => sum + mib, 0);
    byPid.set(one.pid, { ...(other ?? one), usedMiB });
  }
  return [...byPid.values()];
}
