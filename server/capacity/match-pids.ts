import type { Job } from "../../shared/capacity/job.ts";
import type { MarkedJob } from "./job-mark.ts";
import type { Tracked, TrackedProcess } from "./track-processes.ts";
import { isUnnamed } from "./unnamed.ts";

/** What tells which process a job may have that did not name one. */
export interface MatchClues {
  /** Epoch milliseconds of the samples' time 0. */
  epochMs: number;
  /** Processes that a marker has spoken for lately: they may be working for the next one. */
  claimed: ReadonlyMap<number, number>;
}

/**
 * The running jobs with the processes that hold their VRAM. One that did not tell its process gets the process of its
 * backend, or else one that began to work on its first GPU after it was admitted and that no other job has: what
 * worked before is somebody else's, and both will take their peaks. Of several the one that holds least, so that most
 * is still promised. Pure.
 */
export function matchPids(jobs: readonly Job[], tracked: Tracked, clues: MatchClues): MarkedJob[] {
  const running = jobs.filter(({ state }) => state === "running");
  const taken = new Set(running.flatMap(({ pid }) => pid ?? []));
  return running.map(({ id, profile, gpus, peakMiB, pid, backend, startedAt }) => {
    const began = startedAt === null ? {} : { startedMs: startedAt - clues.epochMs };
    const job = { id, profile, gpus, peakMiB, ...began };
    if (pid !== null) return { ...job, pid };
    const listed = tracked.gpus.get(gpus[0] ?? -1)?.processes.values() ?? [];
    const processes = [...listed].filter((process) => !isUnnamed(process.pid));
    const own = processes.find((process) => backend !== null && process.backend === backend);
    // Jobs inside one backend share its process; outside of one a process runs one job.
    if (own !== undefined) return { ...job, pid: own.pid };
    const sinceMs = (startedAt ?? 0) - clues.epochMs;
    const possible = processes.filter(
      (process) =>
        !taken.has(process.pid) &&
        (backend === null || process.backend === null) &&
        (beganAfter(process, sinceMs) || clues.claimed.has(process.pid)),
    );
    const found = possible.reduce<TrackedProcess | null>(
      (least, one) => (least === null || (one.heldMiB ?? 0) < (least.heldMiB ?? 0) ? one : least),
      null,
    );
    if (found === null) return { ...job, pid: null };
    taken.add(found.pid);
    return { ...job, pid: found.pid, isGuess: possible.length > 1 };
  });
}

const beganAfter = ({ job }: TrackedProcess, sinceMs: number) => job !== null && job.startedMs >= sinceMs;

/** Jobs that share one process on one of their GPUs: what it holds tells nothing of each of them. Pure. */
export function shareProcess(job: MarkedJob, marked: readonly MarkedJob[]): boolean {
  return marked.some(
    ({ id, pid, gpus }) =>
      id !== job.id && pid !== null && pid === job.pid && gpus.some((gpu) => job.gpus.includes(gpu)),
  );
}
