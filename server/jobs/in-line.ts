import type { JobBody } from "../../shared/protocol/job-requests.ts";
import type { JobRecord } from "./job-record.ts";

/** A host that takes its next job tells so soon after the end of the one before. */
const GAP_MS = 10_000;

/**
 * Since when a job stands in line. A host that runs one job after the other tells of the next when it is its turn, and how
 * long it has held that: it counts as far back as the host's process has had jobs here without a break, and no further.
 * Nobody gains a place who had nothing to wait for. A pid is of the machine from which it was named: jobs that came from
 * another address are not its. Pure.
 */
export function inLineSince(
  { waitedSeconds, pid }: Pick<JobBody, "waitedSeconds" | "pid">,
  records: readonly JobRecord[],
  nowMs: number,
  from: string,
): number {
  if (waitedSeconds === undefined || pid === undefined) return nowMs;
  const its = records.flatMap(({ job, from: cameFrom }) =>
    job.pid === pid && cameFrom === from ? [{ fromMs: job.requestedAt, untilMs: job.endedAt ?? nowMs }] : [],
  );
  let busyMs = nowMs;
  for (const { fromMs, untilMs } of its.sort((a, b) => b.untilMs - a.untilMs)) {
    if (untilMs < busyMs - GAP_MS) break;
    busyMs = Math.min(busyMs, fromMs);
  }
  return Math.max(busyMs, nowMs - waitedSeconds * 1000);
}
