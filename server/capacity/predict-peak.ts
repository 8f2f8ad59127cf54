import type { Profile } from "../../shared/capacity/profile.ts";
import { type Kind, type Knowledge, ratio } from "./learn.ts";
import { marginOf, meanOf, ofKind, PUBLISHED_UNCERTAINTY } from "./profile-figure.ts";
import {
  agrees,
  type Curve,
  finishCurve,
  type GrowingCurve,
  passes,
  TOLERANCE,
  type Tolerance,
} from "./signatures.ts";

/** Where a prediction for a running process comes from. */
export interface PeakPrediction {
  peakMiB: number;
  /** `learned`: kinds that were seen here · `published`: profiles' own figures · `own`: nothing known agrees. */
  from: "learned" | "published" | "own";
}

/** Published curves count until this many jobs have finished here. */
const PRIOR_FADES_AFTER = 30;
/** A learned kind within this ratio of a published peak takes its place. */
const STANDS_FOR = 1.25;
/** A process that agrees with nothing may still grow by this share of what it held at most. */
export const UNKNOWN_GROWTH = 1.15;
/** A job whose steps were doubled or halved passes the same levels at another pace. */
const PACES = [0.5, 0.7, 1.4, 2];
const LONGEST_UNKNOWN_S = 3600;

/**
 * Predicted peak of an unmarked process: the highest among the kinds that agree with all that it has shown so far
 * (age and level within the tolerance); beside them, until 30 jobs were seen here, the published profiles that no
 * learned kind stands for yet and that it has not outgrown. Where none agrees, kinds that do at another pace; then
 * its own maximum and 15 %. Never below its own maximum. So a two-humped job is known in its first hump as soon as
 * one such job was seen. MiB; `roomMiB` is the GPU's total: what cannot run there is no candidate. Pure.
 */
export function predictPeak(
  seen: GrowingCurve,
  ageS: number,
  ownMaxMiB: number,
  knowledge: Knowledge,
  profiles: readonly Profile[],
  roomMiB: number,
): PeakPrediction {
  const learned = highest(candidates(seen.closed, knowledge), seen, ageS, ownMaxMiB);
  const prior =
    knowledge.seen >= PRIOR_FADES_AFTER ? 0 : published(knowledge, profiles, ageS, ownMaxMiB, roomMiB);
  const known = Math.max(learned, prior);
  if (known > 0)
    return { peakMiB: Math.max(known, ownMaxMiB), from: learned >= prior ? "learned" : "published" };
  const whole = finishCurve(seen);
  const stretched = knowledge.kinds.filter(
    (kind) => !kind.reported && PACES.some((pace) => agrees(whole, kind.curve, toleranceOf(kind), pace)),
  );
  const other = stretched.reduce((most, kind) => Math.max(most, wholePeak(kind)), 0);
  if (other > 0) return { peakMiB: Math.max(other, ownMaxMiB), from: "learned" };
  return { peakMiB: Math.ceil(ownMaxMiB * UNKNOWN_GROWTH), from: "own" };
}

function published(
  { kinds }: Knowledge,
  profiles: readonly Profile[],
  ageS: number,
  ownMaxMiB: number,
  roomMiB: number,
): number {
  let most = 0;
  for (const { id, peakMiB, seconds } of profiles) {
    const upper = peakMiB * (1 + PUBLISHED_UNCERTAINTY);
    if (upper <= most || peakMiB > roomMiB || ownMaxMiB > upper) continue;
    if (ageS > (seconds === null ? LONGEST_UNKNOWN_S : Math.max(300, 3 * seconds))) continue;
    const stood = kinds.some(
      (kind) => !kind.reported && (kind.profile === id || ratio(meanOf(kind.peaks), peakMiB) <= STANDS_FOR),
    );
    if (!stood) most = Math.min(upper, roomMiB);
  }
  return Math.ceil(most);
}

function wholePeak(kind: Kind): number {
  const { peakMiB, uncertaintyMiB } = ofKind(kind);
  return peakMiB + uncertaintyMiB;
}

/** From so many jobs on the ratio of what a job has shown to its peak says more than the peaks of the others. */
const ENOUGH_FOR_GROWTH = 8;

/** Beyond this ratio a job is loading, or before its second hump: nothing is made of what it has shown. */
const MOST_GROWTH = 1.35;

/**
 * Peak of a job of this kind that has held `ownMaxMiB` at most by this age, once its level stands:
 * `min(kind's peak, own maximum × growth at that age × (1 + margin))`. The growth is that of an earlier age, by as much
 * as jobs of one kind differ in pace. While it rises the kind's peak counts: how fast a job loads depends on the disk,
 * and a slow loader looks like a small job. MiB.
 */
function peakGiven(kind: Kind, ageS: number, ownMaxMiB: number, stands: boolean): number {
  const whole = wholePeak(kind);
  if (kind.seen < ENOUGH_FOR_GROWTH || !stands) return whole;
  const { age, ageS: beside } = toleranceOf(kind);
  const early = Math.floor((ageS * (1 - age) - beside) / kind.curve.stepS) - 1;
  const growth = early < 0 ? undefined : kind.growth[Math.min(early, kind.growth.length - 1)];
  if (growth === undefined || growth > MOST_GROWTH) return whole;
  return Math.min(whole, Math.ceil(ownMaxMiB * growth * (1 + marginOf(kind.seen))));
}

/** Has the highest level risen by no more than 2 % within the last 10 s and the last tenth of the age? */
function levelStands({ closed }: GrowingCurve, ageS: number, ownMaxMiB: number): boolean {
  const bins = Math.floor((ageS - Math.max(10, ageS / 10)) / closed.stepS);
  let most = 0;
  for (let i = 0; i < Math.min(bins, closed.highMiB.length); i++)
    most = Math.max(most, closed.highMiB[i] ?? 0);
  return most * 1.02 >= ownMaxMiB;
}

function highest(kinds: readonly Kind[], seen: GrowingCurve, ageS: number, ownMaxMiB: number): number {
  const { closed, open } = seen;
  const stands = levelStands(seen, ageS, ownMaxMiB);
  const from = closed.lowMiB.length * closed.stepS;
  let most = 0;
  for (const kind of kinds) {
    const peak = peakGiven(kind, ageS, ownMaxMiB, stands);
    if (peak <= most) continue;
    const fits =
      open === null ||
      passes(kind.curve, from, Math.max(from, ageS), open.lowMiB, open.highMiB, toleranceOf(kind));
    if (fits) most = peak;
  }
  return most;
}

/**
 * What a marked job will take at most by what it has shown: the highest among its profile's kinds that it agrees
 * with; `null` where it agrees with none, or too few were seen. MiB.
 */
export function refinedPeak(
  knowledge: Knowledge,
  profile: string,
  seen: GrowingCurve,
  ageS: number,
  ownMaxMiB: number,
): number | null {
  const kinds = candidates(seen.closed, knowledge).filter((kind) => kind.profile === profile);
  if (kinds.length === 0 || kinds.some((kind) => kind.seen < ENOUGH_FOR_GROWTH)) return null;
  const peak = highest(kinds, seen, ageS, ownMaxMiB);
  return peak === 0 ? null : Math.max(peak, ownMaxMiB);
}

/** Of a kind that was seen often the envelope itself shows the spread. */
function toleranceOf({ seen }: Kind): Tolerance {
  return TOLERANCES[Math.min(seen, TOLERANCES.length) - 1] ?? TOLERANCE;
}

const TOLERANCES: readonly Tolerance[] = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((seen) => ({
  ...TOLERANCE,
  age: Math.max(0.15, TOLERANCE.age / Math.sqrt(seen)),
  level: TOLERANCE.level / Math.sqrt(seen),
}));

/** Kinds that agree with the whole bins: kept, since neither changes from one sample to the next. */
const found = new WeakMap<Curve, { knowledge: Knowledge; kinds: readonly Kind[] }>();
function candidates(seen: Curve, knowledge: Knowledge): readonly Kind[] {
  const kept = found.get(seen);
  if (kept !== undefined && kept.knowledge === knowledge) return kept.kinds;
  const kinds = knowledge.kinds.filter(
    (kind) => !kind.reported && agrees(seen, kind.curve, toleranceOf(kind)),
  );
  found.set(seen, { knowledge, kinds });
  return kinds;
}
