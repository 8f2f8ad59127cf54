import type { MarkedJob } from "./job-mark.ts";
import { leastOf } from "./least-of.ts";
import type { Observed, ObservedGpu } from "./observed.ts";
import { trackProcesses } from "./track-processes.ts";
import { baseOf, EXCESS, UNEXPLAINED_MIB, unnamedPid, unnamedProcess } from "./unnamed.ts";

/** Beside marked jobs an unnamed one that may be gone is believed to be there for so long. */
const UNSURE_LASTS_MS = 600_000;

const peaksOf = (jobs: readonly MarkedJob[]) => jobs.reduce((sum, { peakMiB }) => sum + peakMiB, 0);

type Known = Pick<Observed, "tracked" | "leastUsed" | "gpus" | "claimed" | "unnamedAtMs">;

/**
 * A GPU whose processes are not told, with the unnamed one in their place: all that is held above the base. While marked
 * jobs run there somebody else holds at most that, and at least what is beyond the jobs' peaks; in between it is left as
 * it was before them, for ten minutes. What was not there before them may be their own, beyond their peaks: it is named
 * `EXCESS`. Pure.
 */
export function withUnnamed(state: Known, gpu: ObservedGpu, marked: readonly MarkedJob[], nowMs: number) {
  const { index, processes, memoryUsedMiB } = gpu;
  if (processes === null) return gpu;
  const before = state.gpus.find((one) => one.index === index)?.memoryUsedMiB ?? null;
  const all = unnamedProcess(index, leastOf(memoryUsedMiB, before), state.leastUsed.get(index) ?? null);
  const own = marked.filter((job) => job.gpus.includes(index));
  if (all === null || own.length === 0) return { ...gpu, processes: all === null ? [] : [all] };
  const mostMiB = all.usedMiB ?? 0;
  const leastMiB = mostMiB - peaksOf(own);
  const known = state.tracked.gpus.get(index)?.processes.get(unnamedPid(index));
  // What did nothing before the marked jobs came is their backend's, or does nothing still.
  const isOthers = known?.name === null && known.job !== null;
  const wasThere = isOthers && !state.claimed.has(known.pid);
  const isRecent = nowMs - (state.unnamedAtMs.get(index) ?? Number.NEGATIVE_INFINITY) < UNSURE_LASTS_MS;
  const wasMiB = wasThere && isRecent ? (known.heldMiB ?? 0) : 0;
  const usedMiB = Math.min(mostMiB, Math.max(leastMiB, wasMiB));
  const name = wasThere ? null : EXCESS;
  // That the GPU computes may be the marked jobs' doing alone.
  const beside = wasThere ? gpu : { ...gpu, utilizationGpuPct: null };
  return { ...beside, processes: usedMiB > UNEXPLAINED_MIB ? [{ ...all, name, usedMiB }] : [] };
}

/** Those of the GPUs on which an unnamed process is sure to be there now: their times. Pure. */
export function sureAtMs(
  before: Observed["unnamedAtMs"],
  named: readonly ObservedGpu[],
  leastUsed: Observed["leastUsed"],
  marked: readonly MarkedJob[],
  nowMs: number,
): ReadonlyMap<number, number> {
  const next = new Map(before);
  for (const { index, memoryUsedMiB } of named) {
    const peaksMiB = peaksOf(marked.filter(({ gpus }) => gpus.includes(index)));
    const held = (memoryUsedMiB ?? 0) - baseOf(leastUsed.get(index) ?? null) - peaksMiB;
    if (held > UNEXPLAINED_MIB) next.set(index, nowMs);
  }
  return next;
}

/**
 * A marked job fell silent on a machine that tells of no process: what is held there is followed at once as one that
 * nobody marked, for the room of its peak must not be given away before the next list. Pure.
 */
export function followLeft(state: Observed, silent: MarkedJob, marked: readonly MarkedJob[]): Observed {
  if (state.tells) return state;
  const claimed = new Map(state.claimed);
  const unnamedAtMs = new Map(state.unnamedAtMs);
  let { tracked } = state;
  for (const gpu of state.gpus) {
    const { index } = gpu;
    if (!silent.gpus.includes(index)) continue;
    claimed.delete(unnamedPid(index));
    const all = unnamedProcess(index, gpu.memoryUsedMiB, state.leastUsed.get(index) ?? null);
    if (all === null) continue;
    const others = marked.filter(({ id, gpus }) => id !== silent.id && gpus.includes(index));
    const mostMiB = all.usedMiB ?? 0;
    const usedMiB = Math.max(mostMiB - peaksOf(others), Math.min(mostMiB, silent.peakMiB));
    unnamedAtMs.set(index, state.nowMs);
    // A moment after the last list, which may be of this very sample.
    const seen = { ...gpu, processes: [{ ...all, usedMiB }], processesAtMs: state.nowMs + 0.5 };
    tracked = trackProcesses(tracked, [seen]).state;
  }
  return { ...state, tracked, claimed, unnamedAtMs };
}
