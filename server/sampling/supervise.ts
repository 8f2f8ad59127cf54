import { backoffMs } from "../lib/backoff.ts";
import type { PatienceTimings, SamplingTimings } from "../timings.ts";

/** How a loop's samples have come so far. */
export interface Pace {
  intervalMs: number;
  /** Distances of the last samples, newest last; of the first one, how long it took. Empty: none has come. */
  gapsMs: readonly number[];
  /** Loops before this one that were ended without a sample, one after the other. */
  silentLoops: number;
  /** How long the first sample of a loop has taken at most; `null`: none has come since the start. */
  firstMs: number | null;
}

/** How many of the last distances count. */
export const GAPS_KEPT = 5;
/** A longer distance counts as this: a driver that loaded or hung once is not slow with every sample. */
const MOST_GAP_MS = 20_000;
const MOST_DOUBLINGS = 2;

/**
 * A loop is taken to hang when it has printed no sample for this long: 3 intervals and 2 s, or 3 times as long as its
 * last samples took, where the machine is too busy to keep the pace. The very first one may take a minute: it loads the
 * driver of many GPUs. That of a later loop may take 3 times as long as those before; after each loop that never spoke
 * twice as long. Pure.
 */
export function silenceLimitMs(
  { intervalMs, gapsMs, silentLoops, firstMs }: Pace,
  { silenceMs, startMs, againMs }: Pick<PatienceTimings, "silenceMs" | "startMs" | "againMs">,
): number {
  if (gapsMs.length === 0) {
    const expectedMs = firstMs === null ? startMs : Math.max(againMs, 3 * firstMs);
    return expectedMs * 2 ** Math.min(silentLoops, MOST_DOUBLINGS);
  }
  return 3 * Math.max(intervalMs, Math.min(MOST_GAP_MS, Math.max(...gapsMs))) + silenceMs;
}

/** Seconds that a sample takes, where all of the last ones came much later than they were asked for; else `null`. Pure. */
export function slowSeconds({ intervalMs, gapsMs }: Pick<Pace, "intervalMs" | "gapsMs">): number | null {
  if (gapsMs.length < GAPS_KEPT) return null;
  const quickestMs = Math.min(...gapsMs);
  return quickestMs > 2 * intervalMs + 1000 ? Math.round(quickestMs / 1000) : null;
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
