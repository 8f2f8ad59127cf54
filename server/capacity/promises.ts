import {
  DEFAULT_RESERVE,
  type GpuCapacity,
  type GpuCompany,
  gpuCapacity,
  type ReserveSettings,
  reserveFor,
} from "../../shared/capacity/concurrency.ts";
import type { Profile } from "../../shared/capacity/profile.ts";
import { promisedMiB, type RunningJob } from "../../shared/capacity/promised.ts";
import { reservationOf } from "../../shared/capacity/reservation.ts";
import type { MarkedJob } from "./job-mark.ts";
import { stillPromised } from "./marked-job.ts";
import { shareProcess } from "./match-pids.ts";
import type { Observed } from "./observed.ts";
import { predictPeak, UNKNOWN_GROWTH } from "./predict-peak.ts";
import { profileFigure } from "./profile-figure.ts";
import { isLoadingAnew, roleOf, type TrackedProcess } from "./track-processes.ts";
import { EXCESS, isUnnamed, mostGrowth } from "./unnamed.ts";

/** A backend that took more VRAM within this time is loading, whatever it says of itself. */
const STILL_LOADING_MS = 15_000;

/** A job on one GPU, marked or inferred. */
export interface SeenRun {
  /** Id of the marked job; `null`: inferred. */
  job: string | null;
  pid: number | null;
  name: string | null;
  /** When its process was first seen with this job, by the samples' clock; `null`: no process of it is known. */
  startedMs: number | null;
  peakMiB: number;
  heldMiB: number | null;
}

/** What runs on a GPU and what it will still take. */
export interface Promises {
  runs: SeenRun[];
  /** Jobs that run there, marked or inferred. */
  running: number;
  promisedMiB: number;
  /** Of that, for what nobody marked. */
  unmarkedMiB: number;
  /** What they held when the processes were listed: they may have given it back since, and will take it again. */
  unmarkedHeldMiB: number;
  /** The smaller of free now and free at the last process list: what was freed since has no name yet. */
  freeMiB: number | null;
  /** What the jobs and the idle processes take at most, held or promised. */
  jobsMiB: number;
  totalMiB: number | null;
}

/**
 * Promised on one GPU: of marked jobs what is reserved for them, or their own maximum where that is more; of
 * processes that seem to run a job the peak that `predictPeak` gives; of idle ones their recent maximum; each less
 * what it holds. Other programs have promised themselves what they took at most within the last day, less what the
 * reserve is there for: small ones that come and go. A backend that says itself that it runs no job takes nothing: its
 * next job is the one that is asked about. MiB. Pure.
 */
export function promisesOn(
  state: Observed,
  gpuIndex: number,
  marked: readonly MarkedJob[],
  profiles: readonly Profile[],
  reserve: ReserveSettings = DEFAULT_RESERVE,
  idleBackends: ReadonlySet<string> = new Set(),
): Promises {
  const gpu = state.gpus.find(({ index }) => index === gpuIndex);
  const processes = state.tracked.gpus.get(gpuIndex)?.processes;
  const jobs: RunningJob[] = [];
  const pids = new Set<number>();
  const runs: SeenRun[] = [];
  for (const job of marked) {
    if (!job.gpus.includes(gpuIndex)) continue;
    const process = job.pid === null ? undefined : processes?.get(job.pid);
    if (job.pid !== null) pids.add(job.pid);
    const run =
      (process !== undefined && shareProcess(job, marked) ? shareOf(job, process, marked) : null) ??
      ({ peakMiB: stillPromised(state, job, process), heldMiB: process?.heldMiB ?? null } as const);
    jobs.push(run);
    const startedMs = process?.job?.startedMs ?? null;
    runs.push({ ...run, job: job.id, pid: job.pid, name: process?.name ?? null, startedMs });
  }
  const markedMiB = promisedMiB(jobs);
  let unmarkedHeldMiB = 0;
  for (const process of processes?.values() ?? []) {
    const role = roleOf(process, state.nowMs);
    if (role === "other" || pids.has(process.pid)) continue;
    if (state.claimed.has(process.pid) && !isLoadingAnew(process)) continue;
    // Not every backend counts the loading of a model as work.
    const isLoading = state.nowMs - (process.grewAtMs ?? Number.NEGATIVE_INFINITY) < STILL_LOADING_MS;
    if (process.backend !== null && idleBackends.has(process.backend) && !isLoading) continue;
    const { heldMiB, job } = process;
    unmarkedHeldMiB += heldMiB ?? 0;
    if (job === null) {
      // What is left where no process is told is no sign that its owner is: the next job is the one that is asked about.
      jobs.push({ peakMiB: isUnnamed(process.pid) ? (heldMiB ?? 0) : process.recentMaxMiB, heldMiB });
      continue;
    }
    const ageS = (process.lastSeenMs - job.startedMs) / 1000;
    const total = gpu?.memoryTotalMiB ?? Number.POSITIVE_INFINITY;
    const { pid, name, recentMaxMiB: mostMiB } = process;
    const predicted = predictPeak(job.curve, ageS, mostMiB, state.knowledge, profiles, total);
    const grownBy = (ratio: number) => Math.min(total, Math.ceil(mostMiB * ratio));
    const peakMiB =
      name === EXCESS
        ? grownBy(UNKNOWN_GROWTH)
        : predicted.from === "own" && isUnnamed(pid)
          ? grownBy(mostGrowth(state.knowledge, UNKNOWN_GROWTH))
          : predicted.peakMiB;
    jobs.push({ peakMiB, heldMiB });
    runs.push({ job: null, pid, name, startedMs: job.startedMs, peakMiB, heldMiB });
  }
  const company = promisedToOthers(state, gpuIndex, reserve);
  const free = gpu?.memoryFreeMiB ?? null;
  return {
    runs,
    running: runs.length,
    promisedMiB: Math.ceil(promisedMiB(jobs) + company),
    unmarkedMiB: Math.ceil(promisedMiB(jobs) - markedMiB + company),
    unmarkedHeldMiB,
    jobsMiB: jobs.reduce((sum, { peakMiB, heldMiB }) => sum + Math.max(peakMiB, heldMiB ?? 0), 0),
    freeMiB: free === null ? null : Math.min(free, state.freeAtList.get(gpuIndex) ?? free),
    totalMiB: gpu?.memoryTotalMiB ?? null,
  };
}

/**
 * What one of the jobs in a process counts with: in the order of the jobs each holds up to its peak of what is there,
 * and the last one the rest, so that nothing is counted for two of them.
 */
function shareOf(job: MarkedJob, process: TrackedProcess, marked: readonly MarkedJob[]): RunningJob | null {
  if (process.heldMiB === null) return null;
  const sharing = marked.filter(({ pid, gpus }) => pid === process.pid && gpus.includes(process.gpu));
  let [heldMiB, mostMiB] = [process.heldMiB, process.recentMaxMiB];
  for (const one of sharing) {
    const isLast = one === sharing.at(-1);
    const share = {
      peakMiB: isLast ? Math.max(one.peakMiB, mostMiB) : one.peakMiB,
      heldMiB: isLast ? heldMiB : Math.min(heldMiB, one.peakMiB),
    };
    if (one.id === job.id) return share;
    heldMiB -= share.heldMiB;
    mostMiB = Math.max(0, mostMiB - one.peakMiB);
  }
  return null;
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
  return reservationOf({ peakMiB, uncertaintyMiB }, mostMiB);
}

/**
 * What other programs have promised themselves on a GPU: the most that they took within the last day, less what they
 * have now and the reserve, which is there for them: so others may take the larger of the reserve and of what they have
 * shown. What the jobs' own figures may be wrong by is reckoned with beside it. MiB.
 */
export function promisedToOthers(
  state: Observed,
  gpuIndex: number,
  reserve: ReserveSettings = DEFAULT_RESERVE,
): number {
  const others = state.others.get(gpuIndex);
  if (others === undefined) return 0;
  const most = Math.max(others.nowMiB, others.beforeMiB);
  const total = state.gpus.find(({ index }) => index === gpuIndex)?.memoryTotalMiB ?? 0;
  return Math.max(0, most - others.lastMiB - reserveFor(total, reserve, false));
}
