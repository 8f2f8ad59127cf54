import type { Job } from "../../../shared/capacity/job.ts";
import type { Profile } from "../../../shared/capacity/profile.ts";

/** Seconds a running job has run for, and those it will by its profile still take: negative when it is over. Pure. */
export function jobTimes(job: Job, profiles: readonly Profile[], nowMs: number) {
  if (job.startedAt === null) return { ranFor: null, left: null };
  const ranFor = Math.max(0, (nowMs - job.startedAt) / 1000);
  const seconds = profiles.find(({ id }) => id === job.profile)?.seconds ?? null;
  return { ranFor, left: seconds === null ? null : seconds - ranFor };
}

/** 47 → "47 s", 150 → "3 min", 7300 → "2.0 h". */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
