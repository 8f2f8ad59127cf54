import type { Job } from "../../shared/capacity/job.ts";
import type { Signature } from "./learn.ts";

/** The signature of a job that ran out of memory unseen; `peakMiB` is its own word. `null`: it is of no profile. */
export function unseenOom(job: Job, peakMiB: number | null): Signature | null {
  if (job.profile === null) return null;
  // It wanted more than was reserved for it.
  return { ...ownWord(job, Math.max(peakMiB ?? 0, job.peakMiB)), profile: job.profile, outOfMemory: true };
}

/**
 * The signature of a job that ended well and whose process nobody saw, by the peak that it reports. What it held when is
 * not known: its curve lies anywhere below. `null`: it reports none, or is of no profile. Pure.
 */
export function reportedEnd(job: Job, peakMiB: number | null): Signature | null {
  if (job.profile === null || peakMiB === null || job.state !== "done") return null;
  return { ...ownWord(job, peakMiB), profile: job.profile, outOfMemory: false, reported: true };
}

function ownWord({ startedAt, endedAt }: Job, peakMiB: number): Omit<Signature, "profile" | "outOfMemory"> {
  const seconds = Math.max(1, ((endedAt ?? 0) - (startedAt ?? 0)) / 1000);
  return {
    name: null,
    peakMiB,
    seconds,
    curve: { stepS: seconds, lowMiB: [0], highMiB: [peakMiB] },
    endedAtMs: endedAt ?? 0,
  };
}
