import type { CapacityState, JobClass, Learned } from "../model.ts";
import type { Policy } from "../policy.ts";
import { nearestMiB } from "./figure.ts";

export interface Lesson {
  jobClass: JobClass;
  outcome: "done" | "out-of-memory" | "other";
  /** `null`: nobody could measure it. */
  peakMiB: number | null;
  /** The host read the peak from its allocator; samples may miss a spike. */
  reported: boolean;
  durationMs: number | null;
  /** What it had been given. */
  figureMiB: number;
}

const RECENT = 20;
const RATIOS = 10;

/** Keeps what an ended job teaches about its class. */
export function learn(state: CapacityState, lesson: Lesson, policy: Policy): CapacityState {
  const { jobClass, outcome, peakMiB, reported, durationMs } = lesson;
  const { key, family, size } = jobClass;
  const before: Learned = state.learned.get(key) ?? {
    family,
    size,
    peaks: [],
    durationsMs: [],
    raisedMiB: null,
  };
  if (outcome === "other") return state;
  if (outcome === "out-of-memory") {
    const raisedMiB = Math.max(peakMiB ?? 0, lesson.figureMiB) * policy.raise;
    return { ...state, learned: new Map(state.learned).set(key, { ...before, raisedMiB }) };
  }
  const took = durationMs === null ? [] : [durationMs];
  const reached = peakMiB === null ? [] : [{ mib: peakMiB, reported }];
  const after: Learned = {
    ...before,
    peaks: [...before.peaks, ...reached].slice(-policy.keptPeaks),
    durationsMs: [...before.durationsMs, ...took].slice(-policy.keptDurations),
    raisedMiB: peakMiB === null ? before.raisedMiB : null,
  };
  const near = before.peaks.length === 0 ? nearestMiB(jobClass, state.learned) : null;
  const ratios = near === null || peakMiB === null ? [] : [peakMiB / near];
  return {
    ...state,
    learned: new Map(state.learned).set(key, after),
    nearestRatios: [...state.nearestRatios, ...ratios].slice(-RATIOS),
    recentMs: [...state.recentMs, ...took].slice(-RECENT),
  };
}
