/**
 * A job's VRAM over its life, a few bins: bin i covers the ages `i·stepS … (i + 1)·stepS` seconds and holds the
 * lowest and the highest level that was seen in it, MiB. Extremes and not means: it is the peak that runs out.
 */
export interface Curve {
  stepS: number;
  lowMiB: readonly number[];
  highMiB: readonly number[];
}

/** More bins than this are merged in pairs, so that a curve of any length stays small. */
const MOST_BINS = 32;

/** A curve that still grows: whole bins, and the one that is being filled. Immutable. */
export interface GrowingCurve {
  closed: Curve;
  open: { lowMiB: number; highMiB: number } | null;
}

export const EMPTY_CURVE: GrowingCurve = { closed: { stepS: 1, lowMiB: [], highMiB: [] }, open: null };

/** Adds what is held at an age (seconds, never falling). Bins that were passed over take the level before. */
export function addPoint(curve: GrowingCurve, ageS: number, mib: number): GrowingCurve {
  let { closed, open } = curve;
  let bin = Math.floor(ageS / closed.stepS);
  if (bin > closed.lowMiB.length) {
    const low = [...closed.lowMiB];
    const high = [...closed.highMiB];
    low.push(open?.lowMiB ?? mib);
    high.push(open?.highMiB ?? mib);
    let { stepS } = closed;
    while (bin >= 4 * MOST_BINS) {
      merge(low, high);
      stepS *= 2;
      bin = Math.floor(ageS / stepS);
    }
    while (low.length < bin) {
      low.push(Math.min(low.at(-1) ?? mib, mib));
      high.push(Math.max(high.at(-1) ?? mib, mib));
    }
    while (low.length >= MOST_BINS) {
      merge(low, high);
      stepS *= 2;
    }
    // Of an odd number the last one was merged with nothing: it is the bin that goes on.
    const goesOn = low.length > Math.floor(ageS / stepS);
    open = goesOn ? { lowMiB: low.pop() ?? mib, highMiB: high.pop() ?? mib } : null;
    closed = { stepS, lowMiB: low, highMiB: high };
  }
  if (open !== null && mib >= open.lowMiB && mib <= open.highMiB && closed === curve.closed) return curve;
  return {
    closed,
    open: { lowMiB: Math.min(open?.lowMiB ?? mib, mib), highMiB: Math.max(open?.highMiB ?? mib, mib) },
  };
}

/** Halves the number of bins in place. */
function merge(low: number[], high: number[]): void {
  const half = Math.ceil(low.length / 2);
  for (let i = 0; i < half; i++) {
    low[i] = Math.min(low[2 * i] ?? 0, low[2 * i + 1] ?? Number.POSITIVE_INFINITY);
    high[i] = Math.max(high[2 * i] ?? 0, high[2 * i + 1] ?? 0);
  }
  low.length = half;
  high.length = half;
}

/** The curve with its last, unfinished bin. */
export function finishCurve({ closed, open }: GrowingCurve): Curve {
  if (open === null) return closed;
  return {
    stepS: closed.stepS,
    lowMiB: [...closed.lowMiB, open.lowMiB],
    highMiB: [...closed.highMiB, open.highMiB],
  };
}

export function peakOf({ highMiB }: Curve): number {
  return highMiB.reduce((most, mib) => Math.max(most, mib), 0);
}

/** The same shape over another length of time, with `bins` bins. */
export function resample(curve: Curve, seconds: number, bins: number): Curve {
  const lowMiB: number[] = [];
  const highMiB: number[] = [];
  for (let i = 0; i < bins; i++) {
    const { low, high } = extremes(curve, (i / bins) * seconds, ((i + 1) / bins) * seconds);
    lowMiB.push(low);
    highMiB.push(high);
  }
  return { stepS: seconds / bins, lowMiB, highMiB };
}

/** Lowest and highest level between two ages, seconds; beyond the ends the ends' own. */
export function extremes(
  { stepS, lowMiB, highMiB }: Curve,
  fromS: number,
  toS: number,
): { low: number; high: number } {
  const last = lowMiB.length - 1;
  const first = Math.min(last, Math.max(0, Math.floor(fromS / stepS)));
  // An age just on a bin's edge belongs to the bin before as well.
  const end = Math.min(last, Math.max(first, Math.ceil(toS / stepS - 1e-9) - 1));
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (let i = first; i <= end; i++) {
    low = Math.min(low, lowMiB[i] ?? low);
    high = Math.max(high, highMiB[i] ?? high);
  }
  return { low: low === Number.POSITIVE_INFINITY ? 0 : low, high };
}

/** How far a process may be off a learned curve and still be taken for the same kind of job. */
export interface Tolerance {
  /** Share of the age: jobs of one kind are not equally fast. */
  age: number;
  /** Seconds beside that: when a process is first seen, and how often. */
  ageS: number;
  /** Share of the level. */
  level: number;
  levelMiB: number;
}

/** ±10 % of level and pace is what jobs of one kind differ by; half as much again for what was seen once. */
export const TOLERANCE: Tolerance = { age: 0.25, ageS: 4, level: 0.15, levelMiB: 400 };

/** Is this level, at this age, one that the curve passes within the tolerance? `pace` 2: twice as slow as the curve. */
export function passes(
  curve: Curve,
  fromS: number,
  toS: number,
  lowMiB: number,
  highMiB: number,
  { age, ageS, level, levelMiB }: Tolerance,
  pace = 1,
): boolean {
  const from = (fromS / pace) * (1 - age) - ageS;
  if (from > curve.stepS * curve.lowMiB.length) return false;
  const { low, high } = extremes(curve, from, (toS / pace) * (1 + age) + ageS);
  return lowMiB >= low * (1 - level) - levelMiB && highMiB <= high * (1 + level) + levelMiB;
}

/** Do all whole bins that were seen pass? The bin that is being filled is checked by `passes` alone. */
export function agrees(seen: Curve, candidate: Curve, tolerance: Tolerance, pace = 1): boolean {
  // From the latest backwards: all jobs begin alike.
  for (let i = seen.lowMiB.length - 1; i >= 0; i--) {
    const low = seen.lowMiB[i] ?? 0;
    const high = seen.highMiB[i] ?? 0;
    if (!passes(candidate, i * seen.stepS, (i + 1) * seen.stepS, low, high, tolerance, pace)) return false;
  }
  return true;
}
