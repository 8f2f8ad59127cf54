import type { Job } from "./job.ts";
import type { Profile } from "./profile.ts";

/**
 * How long a job of this profile takes, seconds: the median of the marked jobs of it that ended well here, else the
 * profile's own figure; `null`: nobody knows. Pure.
 */
export function expectedSeconds(
  profileId: string | null,
  profiles: readonly Profile[],
  jobs: readonly Job[],
): number | null {
  if (profileId === null) return null;
  const seen = jobs
    .flatMap(({ profile, state, startedAt, endedAt }) =>
      profile === profileId && state === "done" && startedAt !== null && endedAt !== null
        ? [(endedAt - startedAt) / 1000]
        : [],
    )
    .sort((a, b) => a - b);
  const median = seen[Math.floor(seen.length / 2)];
  return median ?? profiles.find(({ id }) => id === profileId)?.seconds ?? null;
}
