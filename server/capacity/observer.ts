import { sureAtMs, withUnnamed } from "./follow-unnamed.ts";
import { freeBeside } from "./free-beside.ts";
import { tellsUse } from "./gpu-views.ts";
import { inferredEnd } from "./inferred-end.ts";
import type { MarkedJob } from "./job-mark.ts";
import { learn, NOTHING_LEARNED, raise, type Signature } from "./learn.ts";
import { leastOf } from "./least-of.ts";
import { mostHeld } from "./marked-job.ts";
import { shareProcess } from "./match-pids.ts";
import type { Observed, ObservedGpu, Others } from "./observed.ts";
import { mostTold, noteRoom, type RoomTold } from "./overrun.ts";
import { followSolos, NO_SOLOS, ownWords } from "./solo.ts";
import {
  NOTHING_TRACKED,
  roleOf,
  type TrackedGpu,
  type TrackedProcess,
  trackProcesses,
} from "./track-processes.ts";
import { baseOf, EXCESS, isUnnamed, LEAST_UNNAMED_JOB_MIB, unnamedPid } from "./unnamed.ts";

export const NOTHING_OBSERVED: Observed = {
  tracked: NOTHING_TRACKED,
  knowledge: NOTHING_LEARNED,
  others: new Map(),
  freeAtList: new Map(),
  leastFree: new Map(),
  leastUsed: new Map(),
  unnamedAtMs: new Map(),
  tells: false,
  solos: NO_SOLOS,
  told: new Map(),
  gpus: [],
  claimed: new Map(),
  nowMs: 0,
};

const HALF_DAY_MS = 12 * 3_600_000;
const CLAIM_LASTS_MS = 120_000;

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
  const most = new Map([...state.told].map(([gpu, rooms]) => [gpu, mostTold(rooms)]));
  const tells = state.tells || gpus.some(({ processes }) => tellsUse(processes));
  const leastUsed = withLeast(state.leastUsed, gpus, ({ memoryUsedMiB }) => memoryUsedMiB);
  const leastFree = withLeast(state.leastFree, gpus, ({ memoryFreeMiB }) => memoryFreeMiB);
  const named = tells ? gpus : gpus.map((gpu) => withUnnamed({ ...state, leastUsed }, gpu, marked, nowMs));
  const { state: tracked, ended } = trackProcesses(state.tracked, named, most);
  const beforeMs = state.gpus.length === 0 ? null : state.nowMs;
  const { solos, learned: alone } = tells
    ? { solos: NO_SOLOS, learned: ownWords(state.solos) }
    : followSolos(state.solos, { gpus, marked, leastUsed, nowMs, beforeMs });
  const taught = alone.reduce(learn, state.knowledge);
  if (tracked === state.tracked) {
    const next = { ...state, knowledge: taught, tells, solos, leastUsed, leastFree, gpus, nowMs };
    return { state: next, learned: alone };
  }
  const claimed = stillClaimed(state.claimed, marked, tells ? [] : named, nowMs);
  const unnamedAtMs = sureAtMs(state.unnamedAtMs, named, leastUsed, marked, nowMs);
  const known = state.knowledge.overruns;
  const inferred = ended
    .filter(({ pid, isOther }) => !claimed.has(pid) && !isOther)
    .filter(({ pid, name, peakMiB }) =>
      isUnnamed(pid) ? !tells && name !== EXCESS && peakMiB >= LEAST_UNNAMED_JOB_MIB : true,
    )
    .map((job) => inferredEnd(job, { before: state, tracked, gpus, leastFree, claimed, nowMs, known }));
  let knowledge = inferred.reduce(learn, taught);
  for (const job of marked) {
    const isKnown = job.isGuess !== true && !shareProcess(job, marked);
    if (job.profile !== null && job.pid !== null && isKnown)
      knowledge = raise(knowledge, job.profile, mostHeld(tracked, job));
  }
  const freeAtList = new Map(state.freeAtList);
  const others = tells ? new Map(state.others) : withBase(state.others, state.leastUsed, leastUsed);
  const told = new Map(state.told);
  for (const gpu of gpus) {
    const now = tracked.gpus.get(gpu.index);
    const listed = state.tracked.gpus.get(gpu.index);
    if (now === undefined || now === listed) continue;
    // What was told before somebody appeared is not what the next one is started by.
    if ([...now.processes.values()].some((process) => hasBegun(process, listed))) told.delete(gpu.index);
    // The list was read between the last sample and this one, or, where a sample is late, after it: only the least of all
    // was free beside what it tells, and only the least of both is sure not to count a job that loads for what others hold.
    const before = state.gpus.find(({ index }) => index === gpu.index) ?? gpu;
    const beside = freeBeside(gpu.memoryTotalMiB, gpu.processes);
    const free = leastOf(leastOf(gpu.memoryFreeMiB, before.memoryFreeMiB), beside);
    if (free !== null) {
      freeAtList.set(gpu.index, free);
      leastFree.set(gpu.index, free);
    }
    const used = leastOf(gpu.memoryUsedMiB, before.memoryUsedMiB);
    // Of what marked jobs hold, where no process is told, nothing is known to be others'.
    if (used === null || (!tells && marked.some((job) => job.gpus.includes(gpu.index)))) continue;
    let jobs = 0;
    for (const process of now.processes.values()) {
      if (claimed.has(process.pid) || roleOf(process, nowMs) !== "other") jobs += process.heldMiB ?? 0;
    }
    // Where no process is told, what is little more than the least may be a job that begins to load.
    const most = tells ? Number.POSITIVE_INFINITY : baseOf(leastUsed.get(gpu.index) ?? null);
    const mib = Math.min(most, Math.max(0, used - jobs));
    others.set(gpu.index, remember(others.get(gpu.index), mib, nowMs));
  }
  return {
    state: {
      tracked,
      knowledge,
      others,
      freeAtList,
      leastFree,
      leastUsed,
      unnamedAtMs,
      told,
      tells,
      solos,
      gpus,
      claimed,
      nowMs,
    },
    learned: [...alone, ...inferred],
  };
}

/** Where the base turns out to be less than was thought, what was above it was no other program's. */
function withBase(
  others: Observed["others"],
  before: Observed["leastUsed"],
  now: Observed["leastUsed"],
): Map<number, Others> {
  const next = new Map(others);
  for (const [gpu, known] of others) {
    const less = baseOf(before.get(gpu) ?? null) - baseOf(now.get(gpu) ?? null);
    const [nowMiB, beforeMiB] = [Math.max(0, known.nowMiB - less), Math.max(0, known.beforeMiB - less)];
    if (less > 0) next.set(gpu, { ...known, nowMiB, beforeMiB });
  }
  return next;
}

function withLeast(
  before: ReadonlyMap<number, number>,
  gpus: readonly ObservedGpu[],
  figure: (gpu: ObservedGpu) => number | null,
): Map<number, number> {
  const least = new Map(before);
  for (const gpu of gpus) {
    const mib = figure(gpu);
    if (mib !== null) least.set(gpu.index, Math.min(mib, least.get(gpu.index) ?? mib));
  }
  return least;
}

const hasBegun = ({ pid, job }: TrackedProcess, before: TrackedGpu | undefined) =>
  job !== null && job.startedMs !== before?.processes.get(pid)?.job?.startedMs;

/**
 * Remembers the room that is told of now, by GPU: a job that appears next and takes more was started by a figure that is
 * too low. Pure.
 */
export function withRoomTold(state: Observed, rooms: ReadonlyMap<number, RoomTold | null>): Observed {
  const told = new Map(state.told);
  for (const [gpu, room] of rooms) told.set(gpu, noteRoom(told.get(gpu) ?? [], room, state.nowMs));
  return { ...state, told };
}

/** @param named the GPUs whose processes are not told: an unnamed process beside marked jobs is another's */
function stillClaimed(
  claimed: ReadonlyMap<number, number>,
  marked: readonly MarkedJob[],
  named: readonly ObservedGpu[],
  nowMs: number,
): ReadonlyMap<number, number> {
  const next = new Map<number, number>();
  for (const [pid, atMs] of claimed) if (nowMs - atMs < CLAIM_LASTS_MS) next.set(pid, atMs);
  for (const { pid } of marked) if (pid !== null) next.set(pid, nowMs);
  for (const { index, processes } of named) {
    if (!marked.some(({ gpus }) => gpus.includes(index))) continue;
    if (processes?.some(({ pid }) => isUnnamed(pid))) next.delete(unnamedPid(index));
    else next.set(unnamedPid(index), nowMs);
  }
  return next;
}

function remember(before: Others | undefined, mib: number, nowMs: number): Others {
  if (before === undefined) return { startedMs: nowMs, nowMiB: mib, beforeMiB: mib, lastMiB: mib };
  if (nowMs - before.startedMs >= HALF_DAY_MS)
    return { startedMs: nowMs, nowMiB: mib, beforeMiB: before.nowMiB, lastMiB: mib };
  return { ...before, nowMiB: Math.max(before.nowMiB, mib), lastMiB: mib };
}
