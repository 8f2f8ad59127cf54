import type { CapacityState, JobClass, Learned } from "../model.ts";
import type { Policy } from "../policy.ts";
import type { Reached } from "../tracking/tenant.ts";
import { nearestMiB } from "./figure.ts";

export interface Lesson {
  jobClass: JobClass;
  outcome: "done" | "out-of-memory" | "other";
  /** `null`: nobody could measure it. */
  peakMiB: number | null;
  /** With so little it would have run. */
  leastMiB?: number | null;
  /** The host read the peak from its allocator; samples may miss a spike. */
  reported: boolean;
  /** Of such a job only a part ran: it can show that more is needed than was known, and nothing else. */
  partial?: boolean;
  durationMs: number | null;
  /** What it had been given. */
  figureMiB: number;
}

/** Classes that have not been seen for longest are forgotten beyond this many. */
const CLASSES = 1000;
const RECENT = 20;
const RATIOS = 10;

/** Keeps what an ended job teaches about its class. */
export function learn(state: CapacityState, lesson: Lesson, policy: Policy): CapacityState {
  const { jobClass, outcome, peakMiB, leastMiB = null, reported, durationMs } = lesson;
  const { key, family, size } = jobClass;
  const before: Learned = state.learned.get(key) ?? {
    family,
    size,
    peaks: [],
    durationsMs: [],
    leastMiB: null,
    raisedMiB: null,
  };
  if (outcome === "other") return state;
  if (outcome === "out-of-memory") {
    const leastMiB = Math.max(peakMiB ?? 0, lesson.figureMiB) * policy.raise;
    const raisedMiB = Math.max(before.raisedMiB ?? 0, leastMiB);
    return { ...state, learned: withClass(state.learned, key, { ...before, raisedMiB }) };
  }
  if (lesson.partial === true) {
    const more = { mib: peakMiB ?? 0, reported };
    if (before.peaks.length === 0 || before.peaks.some(({ mib }) => mib >= more.mib)) return state;
    const peaks = [...before.peaks, more].slice(-policy.keptPeaks);
    return { ...state, learned: withClass(state.learned, key, { ...before, peaks }) };
  }
  const took = durationMs === null ? [] : [durationMs];
  const reached = peakMiB === null ? [] : [{ mib: peakMiB, reported }];
  const after: Learned = {
    ...before,
    peaks: [...before.peaks, ...reached].slice(-policy.keptPeaks),
    durationsMs: [...before.durationsMs, ...took].slice(-policy.keptDurations),
    leastMiB: leastOf(before.leastMiB, leastMiB),
    raisedMiB: peakMiB === null ? before.raisedMiB : null,
  };
  const near = before.peaks.length === 0 ? nearestMiB(jobClass, state.learned) : null;
  const ratios = near === null || peakMiB === null ? [] : [peakMiB / near];
  return {
    ...state,
    learned: withClass(state.learned, key, after),
    nearestRatios: [...state.nearestRatios, ...ratios].slice(-RATIOS),
    recentMs: [...state.recentMs, ...took].slice(-RECENT),
  };
}

const leastOf = (a: number | null, b: number | null) =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);

/** What undeclared jobs that have ended teach. */
export function learnReached(
  state: CapacityState,
  reached: readonly Reached[],
  policy: Policy,
): CapacityState {
  const base = { reported: false, durationMs: null };
  return reached.reduce((now, { promised: { jobClass, figureMiB, isSure }, peakMiB, isSuspect }) => {
    // Of several classes it may be of, it shows no more than that the largest of their figures is too low.
    if (!isSure && peakMiB <= figureMiB) return now;
    const outcome = isSuspect || !isSure ? "out-of-memory" : "done";
    return learn(now, { ...base, jobClass, peakMiB, leastMiB: peakMiB, figureMiB, outcome }, policy);
  }, state);
}

/** The newest last. */
function withClass(learned: CapacityState["learned"], key: string, one: Learned): Map<string, Learned> {
  const after = new Map(learned);
  after.delete(key);
  after.set(key, one);
  const [oldest] = after.size > CLASSES ? after.keys() : [];
  if (oldest !== undefined) after.delete(oldest);
  return after;
}
