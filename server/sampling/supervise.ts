import { backoffMs } from "../lib/backoff.ts";
import type { PatienceTimings, SamplingTimings } from "../timings.ts";

/** A loop is taken to hang when it has printed no sample for this long: 3 intervals and 2 s. */
export function silenceLimitMs(
  intervalMs: number,
  ticksSoFar: number,
  { silenceMs, startMs }: Pick<PatienceTimings, "silenceMs" | "startMs">,
): number {
  return 3 * intervalMs + silenceMs + (ticksSoFar === 0 ? startMs : 0);
}

/** How long after the last row of a tick nothing more can belong to it. */
export function pauseAfterRowsMs(intervalMs: number): number {
  return Math.min(400, intervalMs / 2);
}

/** What to do after a loop has ended: which attempt comes next, and when. A loop that gave samples counts as a success. */
export function nextAttempt(
  attempt: number,
  ticks: number,
  { firstRetryMs, longestRetryMs }: Pick<SamplingTimings, "firstRetryMs" | "longestRetryMs">,
): { attempt: number; delayMs: number } {
  const next = ticks > 0 ? 0 : attempt + 1;
  return { attempt: next, delayMs: backoffMs(next, firstRetryMs, longestRetryMs) };
}
