import type { MarkedJob } from "./job-mark.ts";
import { learn, type Signature } from "./learn.ts";
import type { Observed } from "./observed.ts";
import { refinedPeak } from "./predict-peak.ts";
import { type Curve, finishCurve, peakOf } from "./signatures.ts";
import { endSolo, type SoloEnd } from "./solo.ts";
import type { Tracked, TrackedProcess } from "./track-processes.ts";

function* processesOf(tracked: Tracked, { gpus, pid }: MarkedJob): Iterable<TrackedProcess> {
  for (const gpu of gpus) {
    const process = pid === null ? undefined : tracked.gpus.get(gpu)?.processes.get(pid);
    if (process !== undefined) yield process;
  }
}

/** The most that the process of a running job has held on one of its GPUs, MiB. */
export function mostHeld(tracked: Tracked, job: MarkedJob): number {
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
 * process was never seen, or the job failed for another reason; `follows`: where no process is told it may come yet, from
 * the job's GPUs. Pure.
 * @param end when it ended, by the samples' clock, and its own word where nothing else tells
 */
export function endMarkedJob(
  state: Observed,
  job: MarkedJob,
  outcome: SoloEnd["outcome"],
  end: Omit<SoloEnd, "outcome"> = { endedMs: state.nowMs, otherwise: null },
): { state: Observed; signature: Signature | null; follows?: boolean } {
  const claimed = job.pid === null ? state.claimed : new Map(state.claimed).set(job.pid, state.nowMs);
  const processes = [...processesOf(state.tracked, job)];
  const largest = processes.reduce<TrackedProcess | null>(
    (a, b) => (a === null || b.maxMiB > a.maxMiB ? b : a),
    null,
  );
  if (largest === null || largest.job === null || outcome === "failed") {
    const solos = endSolo(state.solos, job.id, { outcome, ...end });
    const after = { ...state, claimed, solos: solos ?? state.solos };
    return { state: after, signature: null, follows: solos !== null };
  }
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

function leastWanted({ gpus, freeAtList }: Observed, processes: readonly TrackedProcess[]): number {
  const wanted = processes.map(({ gpu, heldMiB }) => {
    const now = gpus.find(({ index }) => index === gpu);
    // What it held is of the last list: by now it may be gone, and what it held be free.
    const free = Math.min(now?.memoryFreeMiB ?? 0, freeAtList.get(gpu) ?? Number.POSITIVE_INFINITY);
    return { free, mib: Math.min((heldMiB ?? 0) + free, now?.memoryTotalMiB ?? Number.POSITIVE_INFINITY) };
  });
  return wanted.reduce((a, b) => (b.free < a.free ? b : a), { free: Number.POSITIVE_INFINITY, mib: 0 }).mib;
}

/** `stillPromised` for a job on several GPUs: the most of them. What admission should hold for it now. MiB. */
export function presentPeak(state: Observed, job: MarkedJob): number {
  const processes = [...processesOf(state.tracked, job)];
  if (processes.length === 0) return job.peakMiB;
  return Math.max(...processes.map((process) => stillPromised(state, job, process)));
}

/** What was reserved for a marked job, less where it has shown that it takes less, more where it holds more. */
export function stillPromised(
  { knowledge }: Observed,
  job: MarkedJob,
  process: TrackedProcess | undefined,
): number {
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
