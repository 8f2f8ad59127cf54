import { type Knowledge, learn, NOTHING_LEARNED, raise, type Signature } from "./learn.ts";
import { type MarkedJob, mostHeld } from "./marked-job.ts";
import { shareProcess } from "./match-pids.ts";
import {
  type EndedJob,
  NOTHING_TRACKED,
  roleOf,
  type SeenGpu,
  type Tracked,
  trackProcesses,
} from "./track-processes.ts";

/** One GPU of one sample. */
export interface ObservedGpu extends SeenGpu {
  memoryTotalMiB: number | null;
  memoryFreeMiB: number | null;
}

/** VRAM of programs that are no jobs: now, and at most in the two halves of a window of a day. */
interface Others {
  startedMs: number;
  nowMiB: number;
  beforeMiB: number;
  lastMiB: number;
}

/** All that is remembered from sample to sample. Immutable. */
export interface Observed {
  tracked: Tracked;
  knowledge: Knowledge;
  /** By GPU. */
  others: ReadonlyMap<number, Others>;
  /** Least free VRAM of the sample that brought the last process list and the one before, by GPU. */
  freeAtList: ReadonlyMap<number, number>;
  /** The last sample. */
  gpus: readonly ObservedGpu[];
  /** Processes that a marker has spoken for: their end teaches nothing more. When that was. */
  claimed: ReadonlyMap<number, number>;
  nowMs: number;
}

export const NOTHING_OBSERVED: Observed = {
  tracked: NOTHING_TRACKED,
  knowledge: NOTHING_LEARNED,
  others: new Map(),
  freeAtList: new Map(),
  gpus: [],
  claimed: new Map(),
  nowMs: 0,
};

const HALF_DAY_MS = 12 * 3_600_000;
const CLAIM_LASTS_MS = 120_000;
/** A process that is gone from a GPU with no more than this share free has probably run out of memory. */
const CRAMPED_SHARE = 0.03;

/**
 * Takes one sample in: follows the processes, learns from jobs that have ended without a marker, raises at once what
 * a running marked job exceeds, and remembers what other programs take. `learned` holds the new signatures, to be
 * kept. Pure.
 */
export function observe(
  state: Observed,
  gpus: readonly ObservedGpu[],
  marked: readonly MarkedJob[],
  nowMs: number,
): { state: Observed; learned: Signature[] } {
  const { state: tracked, ended } = trackProcesses(state.tracked, gpus);
  if (tracked === state.tracked) return { state: { ...state, gpus, nowMs }, learned: [] };
  const claimed = stillClaimed(state.claimed, marked, nowMs);
  const learned = ended
    .filter(({ pid, isOther }) => !claimed.has(pid) && !isOther)
    .map((job) => inferred(job, state.gpus));
  let knowledge = learned.reduce(learn, state.knowledge);
  for (const job of marked) {
    const isKnown = job.isGuess !== true && !shareProcess(job, marked);
    if (job.profile !== null && job.pid !== null && isKnown)
      knowledge = raise(knowledge, job.profile, mostHeld(tracked, job));
  }
  const freeAtList = new Map(state.freeAtList);
  const others = new Map(state.others);
  for (const gpu of gpus) {
    const now = tracked.gpus.get(gpu.index);
    if (now === undefined || now === state.tracked.gpus.get(gpu.index)) continue;
    // The list was read between the last sample and this one: only the least of both was free beside what it tells,
    // and only the least of both is sure not to count a job that loads for what others hold.
    const before = state.gpus.find(({ index }) => index === gpu.index) ?? gpu;
    const free = leastOf(gpu.memoryFreeMiB, before.memoryFreeMiB);
    if (free !== null) freeAtList.set(gpu.index, free);
    const used = leastOf(gpu.memoryUsedMiB, before.memoryUsedMiB);
    if (used === null) continue;
    let jobs = 0;
    for (const process of now.processes.values()) {
      if (claimed.has(process.pid) || roleOf(process, nowMs) !== "other") jobs += process.heldMiB ?? 0;
    }
    others.set(gpu.index, remember(others.get(gpu.index), Math.max(0, used - jobs), nowMs));
  }
  return { state: { tracked, knowledge, others, freeAtList, gpus, claimed, nowMs }, learned };
}

const leastOf = (now: number | null, before: number | null) =>
  now === null ? null : Math.min(now, before ?? now);

function stillClaimed(
  claimed: ReadonlyMap<number, number>,
  marked: readonly MarkedJob[],
  nowMs: number,
): ReadonlyMap<number, number> {
  const next = new Map<number, number>();
  for (const [pid, atMs] of claimed) if (nowMs - atMs < CLAIM_LASTS_MS) next.set(pid, atMs);
  for (const { pid } of marked) if (pid !== null) next.set(pid, nowMs);
  return next;
}

/** The signature of a job that nobody marked. One that vanished from a full GPU was probably killed. */
function inferred(
  { name, peakMiB, startedMs, endedMs, curve, goneFromMiB, gpu }: EndedJob,
  before: readonly ObservedGpu[],
): Signature {
  const { memoryFreeMiB: free = null, memoryTotalMiB: total = null } =
    before.find(({ index }) => index === gpu) ?? {};
  const cramped = free !== null && total !== null && free <= total * CRAMPED_SHARE;
  return {
    profile: null,
    name,
    peakMiB,
    seconds: (endedMs - startedMs) / 1000,
    curve,
    outOfMemory: goneFromMiB !== null && cramped,
    endedAtMs: endedMs,
  };
}

function remember(before: Others | undefined, mib: number, nowMs: number): Others {
  if (before === undefined) return { startedMs: nowMs, nowMiB: mib, beforeMiB: mib, lastMiB: mib };
  if (nowMs - before.startedMs >= HALF_DAY_MS)
    return { startedMs: nowMs, nowMiB: mib, beforeMiB: before.nowMiB, lastMiB: mib };
  return { ...before, nowMiB: Math.max(before.nowMiB, mib), lastMiB: mib };
}
