import { backoffMs } from "../lib/backoff.ts";

const FIRST_RETRY_MS = 500;
const MOST_RETRY_MS = 15_000;
/** Without persistence mode the first call loads the driver, which takes seconds on a machine of many GPUs. */
const START_ALLOWANCE_MS = 10_000;

/** A loop is taken to hang when it has printed no sample for this long: 3 intervals and 2 s. */
export function silenceLimitMs(intervalMs: number, ticksSoFar: number): number {
  return 3 * intervalMs + 2000 + (ticksSoFar === 0 ? START_ALLOWANCE_MS : 0);
}

/** How long after the last row of a tick nothing more can belong to it. */
export function pauseAfterRowsMs(intervalMs: number): number {
  return Math.min(400, intervalMs / 2);
}

/** What to do after a loop has ended: which attempt comes next, and when. A loop that gave samples counts as a success. */
export function nextAttempt(attempt: number, ticks: number): { attempt: number; delayMs: number } {
  const next = ticks > 0 ? 0 : attempt + 1;
  return { attempt: next, delayMs: backoffMs(next, FIRST_RETRY_MS, MOST_RETRY_MS) };
}
