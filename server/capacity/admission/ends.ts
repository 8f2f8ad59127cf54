import { figureOn } from "../demand/demand.ts";
import { figureOf, togetherClass } from "../learning/figure.ts";
import { learn } from "../learning/learn.ts";
import type { CapacityState, GpuTrack, RunningJob } from "../model.ts";
import type { Policy } from "../policy.ts";
import { leastFreeMiB } from "../tracking/track.ts";

export interface End {
  outcome: "done" | "out-of-memory" | "other";
  /** The host's own figure from its allocator. */
  reportedMiB: number | null;
  /** What of it cannot give way, where the host tells. */
  leastMiB?: number | null;
  /** Some results were there from before: less was needed than by a whole job of its class. */
  partial?: boolean;
}

/** A job has ended: it is learned, its room is free, and its process is idle where nothing else runs in it. */
export function endJob(
  state: CapacityState,
  id: string,
  { outcome, reportedMiB, leastMiB: told = null, partial = false }: End,
  nowMs: number,
  policy: Policy,
): CapacityState {
  const job = state.running.find((one) => one.id === id);
  const rest = {
    ...state,
    running: state.running.filter((one) => one.id !== id),
    waiting: state.waiting.filter((one) => one.id !== id),
  };
  if (job === undefined) return rest;
  const gpus = state.gpus.map((track) => released(track, job, rest.running, nowMs));
  const { jobClass, together } = job;
  // It may have failed where it was given least.
  const figureMiB = Math.min(job.figureMiB, ...job.figures.values());
  // What a process with jobs of several classes reached is nobody's figure.
  const seenMiB = job.pid === null || together === 0 || job.seenMiB === 0 ? null : job.seenMiB;
  const reachedMiB = together === 0 ? null : (reportedMiB ?? seenMiB);
  const isAlone = outcome === "out-of-memory" && together === 1;
  const peakMiB = isAlone ? Math.max(reachedMiB ?? 0, hadMiB(state.gpus, job)) : reachedMiB;
  const reported = reportedMiB !== null;
  const leastMiB = together === 1 ? (told ?? peakMiB) : null;
  const durationMs = nowMs - job.startedMs;
  const lesson = { jobClass, outcome, peakMiB, leastMiB, reported, partial, durationMs, figureMiB };
  const both = { ...lesson, jobClass: togetherClass(jobClass, together), durationMs: null };
  const taught = learn({ ...rest, gpus }, together > 1 ? { ...lesson, peakMiB: null } : lesson, policy);
  const after = together > 1 ? learn(taught, { ...both, figureMiB: job.seenMiB }, policy) : taught;
  return outcome === "out-of-memory" ? raiseRunning(after, job, policy) : after;
}

/** What was not enough: what its process held and what was free besides, where that was least; 0: nobody knows. */
function hadMiB(gpus: readonly GpuTrack[], { pid, gpus: on }: RunningJob): number {
  const had = gpus.flatMap((track) => {
    if (track.kind === "hidden" || !on.includes(track.evidence.index)) return [];
    const its = track.tenants.filter((tenant) => tenant.pid === pid);
    return its.map(({ listedMiB }) => listedMiB + leastFreeMiB(track));
  });
  return had.length === 0 ? 0 : Math.min(...had);
}

/** Where a figure that was never measured here has failed, those who run on it are expected to need more as well. */
function raiseRunning(state: CapacityState, { jobClass }: RunningJob, policy: Policy): CapacityState {
  const { needMiB } = figureOf(jobClass, state, policy);
  const running = state.running.map((job) =>
    job.jobClass.key === jobClass.key && (job.basis === "published" || job.basis === "nearest")
      ? { ...job, figureMiB: Math.max(job.figureMiB, needMiB), figures: new Map() }
      : job,
  );
  return { ...state, running };
}

function released(track: GpuTrack, job: RunningJob, left: readonly RunningJob[], nowMs: number): GpuTrack {
  const { index, usedMiB } = track.evidence;
  if (!job.gpus.includes(index)) return track;
  if (track.kind === "hidden") {
    // Until its memory is seen to go it may have stayed: a process keeps what it likes.
    const otherMiB = Math.min(usedMiB, track.unlisted.otherMiB + figureOn(job, index));
    const ended = { atMs: nowMs, usedMiB, asker: job.asker, baseMiB: track.unlisted.otherMiB };
    return { ...track, unlisted: { ...track.unlisted, otherMiB, ended } };
  }
  if (left.some(({ pid }) => pid === job.pid)) return track;
  const tenants = track.tenants.map((tenant) =>
    tenant.pid === job.pid
      ? {
          ...tenant,
          state: "idle" as const,
          stateSinceMs: nowMs,
          endedMs: nowMs,
          jobPeakMiB: 0,
          peaks: [...tenant.peaks, Math.max(tenant.jobPeakMiB, job.seenMiB)].slice(-3),
        }
      : tenant,
  );
  return { ...track, tenants };
}

/** Jobs whose time to live is over without a heartbeat. One that runs as a process of its own needs none. */
export function expired({ running, waiting }: CapacityState, nowMs: number): string[] {
  return [...running.filter(({ lastsWithPid }) => lastsWithPid !== true), ...waiting]
    .filter(({ beatMs, ttlMs }) => nowMs - beatMs > ttlMs)
    .map(({ id }) => id);
}
