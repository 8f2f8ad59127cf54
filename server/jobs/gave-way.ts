import type { Job } from "../../shared/jobs/job.ts";

/** A job as it is kept, as far as this goes by it. */
interface Kept {
  job: Pick<Job, "backend" | "pid" | "requestedAt" | "startedAt" | "endedAt">;
  gaveWay?: boolean;
}

/** Nobody waits for a language model for longer; what has not been taken back by then is not believed to be away. */
const AWAY_MS = 600_000;

/**
 * Backends whose job has given way to others, and whose rest does not run yet. They say that they are busy, and take
 * nothing of the card. Pure.
 */
export function awayOf(records: readonly Kept[], nowMs: number): ReadonlySet<string> {
  const away = new Set<string>();
  for (const { job, gaveWay = false } of records) {
    const { backend, pid, endedAt } = job;
    if (!gaveWay || backend === null || nowMs - (endedAt ?? 0) > AWAY_MS) continue;
    const isBack = ({ job: other }: Kept) =>
      other.pid === pid && other.startedAt !== null && other.requestedAt >= (endedAt ?? 0);
    if (!records.some(isBack)) away.add(backend);
  }
  return away;
}
