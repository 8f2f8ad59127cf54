import type { Job } from "../../shared/capacity/job.ts";
import type { MarkedJob } from "./marked-job.ts";
import type { Tracked } from "./track-processes.ts";

/**
 * The running jobs with the processes that hold their VRAM. One that did not tell its process gets the process of its
 * backend, or else the one that seems to run a job on its first GPU and that no other job has. Pure.
 */
export function matchPids(jobs: readonly Job[], tracked: Tracked): MarkedJob[] {
  const running = jobs.filter(({ state }) => state === "running");
  const taken = new Set(running.flatMap(({ pid }) => pid ?? []));
  return running.map(({ id, profile, gpus, peakMiB, pid, backend }) => {
    if (pid !== null) return { id, profile, gpus, peakMiB, pid };
    const processes = [...(tracked.gpus.get(gpus[0] ?? -1)?.processes.values() ?? [])];
    const own = backend === null ? [] : processes.filter((process) => process.backend === backend);
    const found =
      own[0] ?? processes.filter((process) => process.job !== null && !taken.has(process.pid)).at(-1);
    // Jobs inside one backend share its process; outside of one a process runs one job.
    if (found !== undefined && own.length === 0) taken.add(found.pid);
    return { id, profile, gpus, peakMiB, pid: found?.pid ?? null };
  });
}
