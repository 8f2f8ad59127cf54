import type { Job } from "../../shared/capacity/job.ts";
import type { Signature } from "./learn.ts";

/** The signature of a job that ran out of memory unseen; `peakMiB` is its own word. `null`: it is of no profile. */
export function unseenOom(job: Job, peakMiB: number | null): Signature | null {
  if (job.profile === null) return null;
  const seconds = Math.max(1, ((job.endedAt ?? 0) - (job.startedAt ?? 0)) / 1000);
  const most = Math.max(peakMiB ?? 0, job.peakMiB);
  return {
    profile: job.profile,
    name: null,
    peakMiB: most,
    seconds,
    curve: { stepS: seconds, lowMiB: [most], highMiB: [most] },
    outOfMemory: true,
    endedAtMs: job.endedAt ?? 0,
  };
}
