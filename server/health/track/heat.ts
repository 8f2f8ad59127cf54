/** Temperature under load, in means of ten minutes. Epoch milliseconds, °C. */
export interface Heat {
  /** Oldest first; twelve hours at most. */
  means: readonly { atMs: number; temperatureC: number }[];
  /** The ten minutes that run. */
  startedMs: number;
  sum: number;
  samples: number;
  busyMs: number;
  lastMs: number;
  /** Busy since, without a rest of ten minutes; `null`: it rests. */
  busySinceMs: number | null;
  busyAtMs: number;
}

export const NO_HEAT: Heat = {
  means: [],
  startedMs: 0,
  sum: 0,
  samples: 0,
  busyMs: 0,
  lastMs: 0,
  busySinceMs: null,
  busyAtMs: 0,
};

const BUCKET_MS = 600_000;
const KEPT = 72;
/** A mean of less work than this says nothing. */
const LEAST_BUSY_MS = 180_000;
/** A card that comes from rest grows warm first, which is no fault. */
const WARM_UP_MS = 1_200_000;
const LONGEST_STEP_MS = 90_000;

/** The means after one more sample. Pure. */
export function followHeat(heat: Heat, temperatureC: number | null, busy: boolean, nowMs: number): Heat {
  let next = heat;
  if (nowMs - heat.startedMs >= BUCKET_MS) {
    const worth = heat.samples > 0 && heat.busyMs >= LEAST_BUSY_MS;
    const mean = { atMs: heat.startedMs + BUCKET_MS / 2, temperatureC: heat.sum / heat.samples };
    next = {
      ...heat,
      means: worth ? [...heat.means, mean].slice(-KEPT) : heat.means,
      startedMs: nowMs,
      sum: 0,
      samples: 0,
      busyMs: 0,
    };
  }
  const stepMs = Math.min(LONGEST_STEP_MS, nowMs - heat.lastMs);
  const rested = nowMs - next.busyAtMs >= BUCKET_MS;
  const busySinceMs = busy
    ? rested
      ? nowMs
      : (next.busySinceMs ?? nowMs)
    : rested
      ? null
      : next.busySinceMs;
  const warm = busySinceMs !== null && nowMs - busySinceMs >= WARM_UP_MS;
  const counts = busy && warm && temperatureC !== null;
  return {
    ...next,
    lastMs: nowMs,
    busySinceMs,
    busyAtMs: busy ? nowMs : next.busyAtMs,
    sum: next.sum + (counts ? temperatureC : 0),
    samples: next.samples + (counts ? 1 : 0),
    busyMs: next.busyMs + (counts ? stepMs : 0),
  };
}

/** Line through the means of the last `hours`: from where to where it rises, °C; `null` with too few of them. Pure. */
export function trendOf(
  { means }: Heat,
  hours: number,
): { fromC: number; toC: number; sinceMs: number; explained: number } | null {
  const last = means.at(-1);
  if (last === undefined) return null;
  // Means stand ten minutes apart: the first and the last of two hours are 110 minutes from each other.
  const spanMs = hours * 3_600_000 - BUCKET_MS;
  const first = means.findLastIndex(({ atMs }) => last.atMs - atMs >= spanMs * 0.98);
  if (first < 0) return null;
  const window = means.slice(first);
  // Half of the time without work is no trend of the work.
  if (window.length * BUCKET_MS < spanMs / 2) return null;
  const n = window.length;
  const meanX = window.reduce((sum, { atMs }) => sum + atMs, 0) / n;
  const meanY = window.reduce((sum, { temperatureC }) => sum + temperatureC, 0) / n;
  let [xx, xy, yy] = [0, 0, 0];
  for (const { atMs, temperatureC } of window) {
    xx += (atMs - meanX) ** 2;
    xy += (atMs - meanX) * (temperatureC - meanY);
    yy += (temperatureC - meanY) ** 2;
  }
  if (xx === 0) return null;
  const sinceMs = window[0]?.atMs ?? last.atMs;
  const at = (ms: number) => meanY + (xy / xx) * (ms - meanX);
  return { fromC: at(sinceMs), toC: at(last.atMs), sinceMs, explained: yy === 0 ? 0 : xy ** 2 / (xx * yy) };
}
