import type { Job } from "../../../shared/jobs/job.ts";
import type { Release } from "../../../shared/release/release.ts";

type Outcome = "done" | "failed" | "expired";

/** What has happened since the sidecar started. */
export interface Counts {
  samples: number;
  jobsEnded: Readonly<Record<Outcome, number>>;
  releases: Readonly<Record<"done" | "failed", number>>;
  /** Measured by the samples; what grew meanwhile is not taken off, for a counter never falls. */
  releasedMiB: number;
  /** Of the last release that was measured; negative when VRAM grew. `null`: none yet. */
  lastFreedMiB: number | null;
}

/** Counts what happens, for counters that only grow. */
export interface Tally {
  sample(): void;
  release(release: Pick<Release, "id" | "state" | "finishedAt" | "freedMiB">): void;
  jobEnded(job: Pick<Job, "state">): void;
  counts(): Counts;
}

export function createTally(): Tally {
  let samples = 0;
  let releasedMiB = 0;
  let lastFreedMiB: number | null = null;
  let lastRelease: string | null = null;
  /** Of the last release. */
  let countedMiB = 0;
  const jobsEnded = { done: 0, failed: 0, expired: 0 };
  const releases = { done: 0, failed: 0 };
  return {
    sample() {
      samples += 1;
    },
    release({ id, state, finishedAt, freedMiB }) {
      // The end of a release may be told several times.
      if ((state !== "done" && state !== "failed") || finishedAt === null) return;
      if (id !== lastRelease) {
        releases[state] += 1;
        countedMiB = 0;
      }
      lastRelease = id;
      if (freedMiB === null) return;
      lastFreedMiB = freedMiB;
      // What comes back after the verdict counts too.
      releasedMiB += Math.max(0, freedMiB - countedMiB);
      countedMiB = Math.max(countedMiB, freedMiB);
    },
    jobEnded({ state }) {
      if (state === "done" || state === "failed" || state === "expired") jobsEnded[state] += 1;
    },
    counts: () => ({
      samples,
      releasedMiB,
      lastFreedMiB,
      jobsEnded: { ...jobsEnded },
      releases: { ...releases },
    }),
  };
}
