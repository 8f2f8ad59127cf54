import { isoDay } from "../recording/log/iso-time.ts";

/** Two samples that are further apart have nothing between them: an unwatched machine is looked at every 10 s. */
const GAP_MS = 60_000;

/** Of how much of a stretch of time there is a record, and the dates of which there is none. */
export function createCoverage(fromMs: number, toMs: number) {
  const seen = new Set<string>();
  let lastMs: number | null = null;
  let lastDayMs = 0;
  let recordedMs = 0;
  return {
    sample(atMs: number) {
      if (atMs < fromMs) return;
      if (lastMs !== null && atMs > lastMs && atMs - lastMs <= GAP_MS) recordedMs += atMs - lastMs;
      lastMs = atMs;
      // A date costs more than a sample.
      if (atMs - lastDayMs < GAP_MS) return;
      lastDayMs = atMs;
      seen.add(isoDay(atMs));
    },
    done: () => ({ recordedMs, daysWithout: datesOf(fromMs, toMs).filter((day) => !seen.has(day)) }),
  };
}

const HOUR_MS = 3_600_000;

/** Local dates; an hour at a time, since some days have 23. */
function datesOf(fromMs: number, toMs: number): string[] {
  const dates = new Set<string>();
  for (let atMs = fromMs; atMs < toMs; atMs += HOUR_MS) dates.add(isoDay(atMs));
  return [...dates];
}
