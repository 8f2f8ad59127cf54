import {
  DEFAULT_RESERVE,
  type GpuCapacity,
  type GpuCompany,
  gpuCapacity,
  type ReserveSettings,
} from "../../shared/capacity/concurrency.ts";
import type { Profile } from "../../shared/capacity/profile.ts";
import { promisedMiB, type RunningJob } from "../../shared/capacity/promised.ts";
import {
  type Knowledge,
  learn,
  NOTHING_LEARNED,
  predictPeak,
  profileFigure,
  raise,
  refinedPeak,
  type Signature,
} from "./learn.ts";
import { type Curve, finishCurve, peakOf } from "./signatures.ts";
import {
  type EndedJob,
  NOTHING_TRACKED,
  roleOf,
  type SeenGpu,
  type Tracked,
  type TrackedProcess,
  trackProcesses,
} from "./track-processes.ts";

/** A job that somebody marked: it runs, or has been admitted and is about to. */
export interface MarkedJob {
  id: string;
  profile: string | null;
  gpus: readonly number[];
  /** What is reserved for it on each of its GPUs, MiB. */
  peakMiB: number;
  pid: number | null;
}

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
  /** Free VRAM in the sample that brought the last process list, by GPU. */
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
    if (job.profile !== null && job.pid !== null)
      knowledge = raise(knowledge, job.profile, mostHeld(tracked, job));
  }
  const freeAtList = new Map(state.freeAtList);
  const others = new Map(state.others);
  for (const gpu of gpus) {
    const now = tracked.gpus.get(gpu.index);
    if (now === undefined || now === state.tracked.gpus.get(gpu.index)) continue;
    if (gpu.memoryFreeMiB !== null) freeAtList.set(gpu.index, gpu.memoryFreeMiB);
    if (gpu.memoryUsedMiB === null) continue;
    let jobs = 0;
    for (const process of now.processes.values()) {
      if (claimed.has(process.pid) || roleOf(process, nowMs) !== "other") jobs += process.heldMiB ?? 0;
    }
    others.set(gpu.index, remember(others.get(gpu.index), Math.max(0, gpu.memoryUsedMiB - jobs), nowMs));
  }
  return { state: { tracked, knowledge, others, freeAtList, gpus, claimed, nowMs }, learned };
}

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

function* processesOf(tracked: Tracked, { gpus, pid }: MarkedJob): Iterable<TrackedProcess> {
  for (const gpu of gpus) {
    const process = pid === null ? undefined : tracked.gpus.get(gpu)?.processes.get(pid);
    if (process !== undefined) yield process;
  }
}

function mostHeld(tracked: Tracked, job: MarkedJob): number {
  let most = 0;
  for (const process of processesOf(tracked, job)) {
    if (process.job !== null) most = Math.max(most, peakOf(finishCurve(process.job.curve)));
  }
  return most;
}

/**
 * The end of a marked job: what its process showed becomes the signature of its profile. After an out-of-memory the
 * least that it wanted is what it held and what was free on the fullest of its GPUs. Jobs that share a process follow
 * one another in it; what one of them left in the allocator's cache counts for the next. `signature` is `null` where the
 * process was never seen, or the job failed for another reason. Pure.
 */
export function endMarkedJob(
  state: Observed,
  job: MarkedJob,
  outcome: "done" | "failed" | "out-of-memory",
): { state: Observed; signature: Signature | null } {
  const claimed = job.pid === null ? state.claimed : new Map(state.claimed).set(job.pid, state.nowMs);
  const processes = [...processesOf(state.tracked, job)];
  const largest = processes.reduce<TrackedProcess | null>(
    (a, b) => (a === null || b.maxMiB > a.maxMiB ? b : a),
    null,
  );
  if (largest === null || largest.job === null || outcome === "failed")
    return { state: { ...state, claimed }, signature: null };
  const curve: Curve = finishCurve(largest.job.curve);
  const outOfMemory = outcome === "out-of-memory";
  const signature: Signature = {
    profile: job.profile,
    name: largest.name,
    peakMiB: outOfMemory ? leastWanted(state, processes) : peakOf(curve),
    seconds: Math.max(1, (state.nowMs - largest.job.startedMs) / 1000),
    curve,
    outOfMemory,
    endedAtMs: state.nowMs,
  };
  const tracked = forgetJob(state.tracked, job);
  return { state: { ...state, tracked, claimed, knowledge: learn(state.knowledge, signature) }, signature };
}

/** A process that lives on begins its next job anew. */
function forgetJob({ gpus }: Tracked, job: MarkedJob): Tracked {
  const next = new Map(gpus);
  for (const index of job.gpus) {
    const gpu = gpus.get(index);
    const process = job.pid === null ? undefined : gpu?.processes.get(job.pid);
    if (gpu !== undefined && process !== undefined)
      next.set(index, {
        ...gpu,
        processes: new Map(gpu.processes).set(process.pid, { ...process, job: null }),
      });
  }
  return { gpus: next };
}

function leastWanted({ gpus }: Observed, processes: readonly TrackedProcess[]): number {
  const wanted = processes.map(({ gpu, heldMiB }) => {
    const free = gpus.find(({ index }) => index === gpu)?.memoryFreeMiB ?? 0;
    return { free, mib: (heldMiB ?? 0) + free };
  });
  return wanted.reduce((a, b) => (b.free < a.free ? b : a), { free: Number.POSITIVE_INFINITY, mib: 0 }).mib;
}

/** Share of the reserve's floor that small programs may use up. */
const COVERED = 0.75;

/** What runs on a GPU and what it will still take. */
export interface Promises {
  /** Jobs that run there, marked or inferred. */
  running: number;
  promisedMiB: number;
  /** The smaller of free now and free at the last process list: what was freed since has no name yet. */
  freeMiB: number | null;
  totalMiB: number | null;
}

/**
 * Promised on one GPU: of marked jobs what is reserved for them, or their own maximum where that is more; of
 * processes that seem to run a job the peak that `predictPeak` gives; of idle ones their recent maximum; each less
 * what it holds. Other programs have promised themselves what they took at most within the last day, less what the
 * reserve is there for: small ones that come and go. MiB. Pure.
 */
export function promisesOn(
  state: Observed,
  gpuIndex: number,
  marked: readonly MarkedJob[],
  profiles: readonly Profile[],
  reserve: ReserveSettings = DEFAULT_RESERVE,
): Promises {
  const gpu = state.gpus.find(({ index }) => index === gpuIndex);
  const processes = state.tracked.gpus.get(gpuIndex)?.processes;
  const jobs: RunningJob[] = [];
  const pids = new Set<number>();
  let running = 0;
  for (const job of marked) {
    if (!job.gpus.includes(gpuIndex)) continue;
    running++;
    const process = job.pid === null ? undefined : processes?.get(job.pid);
    if (job.pid !== null) pids.add(job.pid);
    jobs.push({ peakMiB: stillPromised(state, job, process), heldMiB: process?.heldMiB ?? null });
  }
  for (const process of processes?.values() ?? []) {
    const role = roleOf(process, state.nowMs);
    if (role === "other" || pids.has(process.pid) || state.claimed.has(process.pid)) continue;
    const { heldMiB, job } = process;
    if (job === null) {
      jobs.push({ peakMiB: process.recentMaxMiB, heldMiB });
      continue;
    }
    running++;
    const ageS = (process.lastSeenMs - job.startedMs) / 1000;
    const total = gpu?.memoryTotalMiB ?? Number.POSITIVE_INFINITY;
    const { peakMiB } = predictPeak(job.curve, ageS, process.recentMaxMiB, state.knowledge, profiles, total);
    jobs.push({ peakMiB, heldMiB });
  }
  const company = promisedToOthers(state, gpuIndex, reserve);
  const free = gpu?.memoryFreeMiB ?? null;
  return {
    running,
    promisedMiB: Math.ceil(promisedMiB(jobs) + company),
    freeMiB: free === null ? null : Math.min(free, state.freeAtList.get(gpuIndex) ?? free),
    totalMiB: gpu?.memoryTotalMiB ?? null,
  };
}

/** `stillPromised` for a job on several GPUs: the most of them. What admission should hold for it now. MiB. */
export function presentPeak(state: Observed, job: MarkedJob): number {
  const processes = [...processesOf(state.tracked, job)];
  if (processes.length === 0) return job.peakMiB;
  return Math.max(...processes.map((process) => stillPromised(state, job, process)));
}

/** What was reserved for a marked job, less where it has shown that it takes less, more where it holds more. */
function stillPromised({ knowledge }: Observed, job: MarkedJob, process: TrackedProcess | undefined): number {
  if (process === undefined) return job.peakMiB;
  const { job: episode, lastSeenMs, recentMaxMiB } = process;
  const refined =
    job.profile === null || episode === null
      ? null
      : refinedPeak(
          knowledge,
          job.profile,
          episode.curve,
          (lastSeenMs - episode.startedMs) / 1000,
          recentMaxMiB,
        );
  return Math.max(Math.min(job.peakMiB, refined ?? job.peakMiB), recentMaxMiB);
}

/** Settings that the estimator takes from the configuration. */
export interface EstimateSettings {
  reserve?: ReserveSettings;
  display?: boolean;
  reclaimableMiB?: number | null;
  weightsLoaded?: boolean;
}

/** The recommendation for one profile on one GPU from all that was observed: the learned figure, the promises. Pure. */
export function capacityOn(
  state: Observed,
  gpuIndex: number,
  profile: Profile,
  profiles: readonly Profile[],
  promises: Promises,
  settings: EstimateSettings = {},
): GpuCapacity {
  const { peakMiB, uncertaintyMiB, seen } = profileFigure(state.knowledge, profile, profiles);
  const company: GpuCompany = {
    ...settings,
    promisedMiB: promises.promisedMiB,
    running: promises.running,
    uncertaintyMiB,
  };
  const basis = seen > 0 && profile.basis === "published" ? "measured" : profile.basis;
  return gpuCapacity(
    { index: gpuIndex, memoryTotalMiB: promises.totalMiB, memoryFreeMiB: promises.freeMiB },
    { peakMiB, basis, weightsMiB: profile.weightsMiB },
    company,
  );
}

/**
 * What to reserve for a job of this profile: its figure and what that may be wrong by; the latter only as far as
 * `mostMiB`, what an empty GPU could give, for else a job that fits alone would never be admitted. MiB.
 */
export function reservationFor(
  state: Observed,
  profile: Profile,
  profiles: readonly Profile[],
  mostMiB: number = Number.POSITIVE_INFINITY,
): number {
  const { peakMiB, uncertaintyMiB } = profileFigure(state.knowledge, profile, profiles);
  return Math.max(peakMiB, Math.min(peakMiB + uncertaintyMiB, Math.floor(mostMiB)));
}

/**
 * What other programs have promised themselves on a GPU: the most that they took within the last day, less what they
 * have now and what the reserve is there for. MiB.
 */
export function promisedToOthers(
  state: Observed,
  gpuIndex: number,
  reserve: ReserveSettings = DEFAULT_RESERVE,
): number {
  const others = state.others.get(gpuIndex);
  if (others === undefined) return 0;
  const most = Math.max(others.nowMiB, others.beforeMiB);
  return Math.max(0, most - others.lastMiB - COVERED * reserve.floorMiB);
}
