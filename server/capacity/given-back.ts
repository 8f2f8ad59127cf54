import type { MarkedJob } from "./job-mark.ts";
import type { Observed } from "./observed.ts";

/**
 * A marked job has ended, and with it its process: what that held at the last process list counts as free as soon as
 * free VRAM shows it, and need not wait for the next list to be believed (on eight GPUs that is 12 s). A process that was
 * there before the job, or is a backend's, lives on and keeps what it likes. Pure.
 * @param before as it was while the job ran
 * @param job one that shares its process with no other
 * @param after with its end taken in
 */
export function withGivenBack(before: Observed, job: MarkedJob, after: Observed): Observed {
  if (job.pid === null) return after;
  const freeAtList = new Map(after.freeAtList);
  for (const gpu of job.gpus) {
    const process = before.tracked.gpus.get(gpu)?.processes.get(job.pid);
    const free = freeAtList.get(gpu);
    if (process === undefined || free === undefined || process.backend !== null) continue;
    if (process.job?.startedMs === process.firstSeenMs) freeAtList.set(gpu, free + (process.heldMiB ?? 0));
  }
  return { ...after, freeAtList };
}
