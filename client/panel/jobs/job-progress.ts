import type { Job } from "../../../shared/jobs/job.ts";

/** How far a running job is, 0 to 1; `null` where its end is not known, or it is overdue. Pure. */
export function jobShare(
  { startedAt, endsAt }: Pick<Job, "startedAt" | "endsAt">,
  nowMs: number,
): number | null {
  if (startedAt === null || endsAt === null || endsAt < nowMs) return null;
  return Math.max(0, Math.min(1, (nowMs - startedAt) / Math.max(1, endsAt - startedAt)));
}
