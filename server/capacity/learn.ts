import type { Profile } from "../../shared/capacity/profile.ts";
import {
  agrees,
  type Curve,
  finishCurve,
  type GrowingCurve,
  passes,
  peakOf,
  resample,
  TOLERANCE,
  type Tolerance,
} from "./signatures.ts";

/** What a finished job leaves behind; this is what is kept on disk, and folding `learn` over it gives the rest. */
export interface Signature {
  /** Profile that a marker named; `null`: inferred from the process alone. */
  profile: string | null;
  /** Process name. */
  name: string | null;
  peakMiB: number;
  seconds: number;
  curve: Curve;
  /** It died of out-of-memory: `peakMiB` is the least that it wanted, and the curve is cut off. */
  outOfMemory: boolean;
  endedAtMs: number;
}

/** Jobs that look alike: one profile with one shape. */
export interface Kind {
  id: number;
  profile: string | null;
  /** Jobs of this kind that were seen. */
  seen: number;
  /** Their peaks, the last ones, MiB. */
  peaks: readonly number[];
  /** Mean duration, seconds. */
  seconds: number;
  /** Envelope of their curves over `seconds`: lowest and highest level per bin. */
  curve: Curve;
  /** Per bin of `curve`: the largest ratio of a job's peak to the most that it had held up to there. Never rises. */
  growth: readonly number[];
  lastAtMs: number;
}

/** What an out-of-memory taught of a profile. */
interface Floor {
  /** The peak is at least this, MiB. */
  mib: number;
  /** Jobs of the profile that have finished since. */
  since: number;
}

export interface Knowledge {
  kinds: readonly Kind[];
  /** By profile id. */
  floors: ReadonlyMap<string, Floor>;
  /** Signatures taken in. */
  seen: number;
}

export const NOTHING_LEARNED: Knowledge = { kinds: [], floors: new Map(), seen: 0 };

/** Peaks that a kind's figure rests on. */
const KEPT_PEAKS = 200;
const MOST_KINDS = 48;
const BINS = 32;
/** One kind's jobs differ by so much in peak and in duration, as a ratio: ±10 % and ±20 %. */
const ALIKE_PEAK = 1.25;
const ALIKE_SECONDS = 1.5;
/** What is added to the level at which a job ran out of memory: it wanted at least one allocation more. */
const OUT_OF_MEMORY_MARGIN = 1.1;
/** After so many jobs that went well the floor of an out-of-memory is forgotten. */
const FLOOR_LASTS = 50;

/** Takes one more signature in. Pure. */
export function learn(knowledge: Knowledge, signature: Signature): Knowledge {
  const seen = knowledge.seen + 1;
  if (signature.outOfMemory) {
    if (signature.profile === null) return knowledge;
    const mib = Math.ceil(signature.peakMiB * OUT_OF_MEMORY_MARGIN);
    const before = knowledge.floors.get(signature.profile)?.mib ?? 0;
    const floors = new Map(knowledge.floors).set(signature.profile, { mib: Math.max(mib, before), since: 0 });
    return { ...knowledge, floors, seen };
  }
  const floors =
    signature.profile === null ? knowledge.floors : ageFloor(knowledge.floors, signature.profile);
  const index = knowledge.kinds.findIndex((kind) => isOfKind(signature, kind));
  const old = knowledge.kinds[index];
  if (old !== undefined) {
    const kinds = [...knowledge.kinds];
    kinds[index] = widen(old, signature);
    return { kinds, floors, seen };
  }
  const curve = resample(signature.curve, signature.seconds, BINS);
  const fresh: Kind = {
    id: seen,
    profile: signature.profile,
    seen: 1,
    peaks: [signature.peakMiB],
    seconds: signature.seconds,
    curve,
    growth: growthOf(curve, signature.peakMiB),
    lastAtMs: signature.endedAtMs,
  };
  return { kinds: [...forgetOne(knowledge.kinds), fresh], floors, seen };
}

/** A running job of the profile holds more than any before it: its figure is raised without waiting for the end. */
export function raise(knowledge: Knowledge, profile: string, mib: number): Knowledge {
  const floor = knowledge.floors.get(profile)?.mib ?? 0;
  if (mib <= floor || knowledge.kinds.some((kind) => kind.profile === profile && mostOf(kind) >= mib))
    return knowledge;
  return { ...knowledge, floors: new Map(knowledge.floors).set(profile, { mib, since: 0 }) };
}

const mostOf = memo((kind: Kind) => Math.max(...kind.peaks));

function ageFloor(floors: Knowledge["floors"], profile: string): Knowledge["floors"] {
  const floor = floors.get(profile);
  if (floor === undefined) return floors;
  const next = new Map(floors);
  if (floor.since + 1 >= FLOOR_LASTS) next.delete(profile);
  else next.set(profile, { ...floor, since: floor.since + 1 });
  return next;
}

function forgetOne(kinds: readonly Kind[]): readonly Kind[] {
  if (kinds.length < MOST_KINDS) return kinds;
  const oldest = kinds.reduce((a, b) => (b.lastAtMs < a.lastAtMs ? b : a));
  return kinds.filter((kind) => kind !== oldest);
}

function isOfKind(signature: Signature, kind: Kind): boolean {
  if (signature.profile !== kind.profile) return false;
  if (ratio(signature.peakMiB, peakOf(kind.curve)) > ALIKE_PEAK) return false;
  if (ratio(signature.seconds, kind.seconds) > ALIKE_SECONDS) return false;
  return agrees(resample(signature.curve, kind.seconds, BINS), kind.curve, TOLERANCE);
}

const ratio = (a: number, b: number) => Math.max(a, b) / Math.max(1, Math.min(a, b));

function growthOf({ highMiB }: Curve, peakMiB: number): number[] {
  let most = 1;
  return highMiB.map((mib) => {
    most = Math.max(most, mib);
    return Math.max(1, peakMiB / most);
  });
}

function widen(kind: Kind, signature: Signature): Kind {
  const seen = kind.seen + 1;
  const seconds = kind.seconds + (signature.seconds - kind.seconds) / Math.min(seen, 50);
  const own = resample(signature.curve, signature.seconds, BINS);
  const growth = growthOf(own, signature.peakMiB);
  return {
    ...kind,
    seen,
    peaks: [...kind.peaks.slice(-(KEPT_PEAKS - 1)), signature.peakMiB],
    seconds,
    curve: {
      stepS: seconds / BINS,
      lowMiB: kind.curve.lowMiB.map((mib, i) => Math.min(mib, own.lowMiB[i] ?? mib)),
      highMiB: kind.curve.highMiB.map((mib, i) => Math.max(mib, own.highMiB[i] ?? mib)),
    },
    growth: kind.growth.map((ratio, i) => Math.max(ratio, growth[i] ?? ratio)),
    lastAtMs: signature.endedAtMs,
  };
}

/** A peak and how far the truth may lie above it, MiB. */
export interface PeakFigure {
  peakMiB: number;
  uncertaintyMiB: number;
  /** Jobs that it rests on; 0: published or configured alone. */
  seen: number;
}

/** From this many observations on the quantile stands for the maximum. */
const ENOUGH_FOR_QUANTILE = 100;
const QUANTILE = 0.99;
/** What a figure that was measured elsewhere may be off by, as a share. */
const PUBLISHED_UNCERTAINTY = 0.15;

/**
 * Uncertainty of a maximum of `n` observations, as a share: `min(0.2, 0.4 / (n + 1))`. The largest of n even draws
 * lies about width / (n + 1) below the upper end; one kind's jobs are taken to differ by ±10 %, width 0.2, and that
 * is doubled.
 */
function marginOf(n: number): number {
  return Math.min(0.2, 0.4 / (n + 1));
}

function ofPeaks(peaks: readonly number[]): PeakFigure {
  const sorted = [...peaks].sort((a, b) => a - b);
  const n = sorted.length;
  const rank = n >= ENOUGH_FOR_QUANTILE ? Math.ceil(QUANTILE * n) - 1 : n - 1;
  const peakMiB = Math.ceil(sorted[rank] ?? 0);
  return { peakMiB, uncertaintyMiB: Math.ceil(peakMiB * marginOf(n)), seen: n };
}

const ofKind = memo((kind: Kind) => ofPeaks(kind.peaks));

/**
 * What one more job of a profile will take: nothing seen → the published or configured peak ± 15 %; else the highest
 * peak that was seen here (with 100 or more: the 99 % quantile of the last 200), a published peak above it counting
 * `1 / (1 + n)` still, and a margin that shrinks as evidence grows. An out-of-memory sets a floor at once. A
 * configured peak is the user's word and is never lowered. MiB.
 */
export function profileFigure(
  knowledge: Knowledge,
  profile: Pick<Profile, "id" | "peakMiB" | "basis">,
  profiles: readonly Pick<Profile, "id" | "peakMiB">[] = [],
): PeakFigure {
  const figures = figuresOf(knowledge);
  const kept = figures.get(profile);
  if (kept !== undefined && kept.profiles === profiles) return kept.figure;
  const figure = makeFigure(knowledge, profile, profiles);
  figures.set(profile, { profiles, figure });
  return figure;
}

/** Asked for with every sample, changed with every finished job: kept as long as what it rests on is the same. */
const figuresOf = memo(
  (_: Knowledge) => new Map<object, { profiles: readonly object[]; figure: PeakFigure }>(),
);

function makeFigure(
  knowledge: Knowledge,
  profile: Pick<Profile, "id" | "peakMiB" | "basis">,
  profiles: readonly Pick<Profile, "id" | "peakMiB">[],
): PeakFigure {
  const marked = knowledge.kinds.filter((kind) => kind.profile === profile.id);
  const inferred = marked.length > 0 ? [] : inferredKinds(knowledge, profile, profiles);
  const peaks = [...marked, ...inferred].flatMap((kind) => kind.peaks).slice(-KEPT_PEAKS);
  const floor = knowledge.floors.get(profile.id)?.mib ?? 0;
  const least = Math.max(floor, profile.basis === "configured" || inferred.length > 0 ? profile.peakMiB : 0);
  if (peaks.length === 0) {
    const peakMiB = Math.max(profile.peakMiB, floor);
    return { peakMiB, uncertaintyMiB: Math.ceil(peakMiB * PUBLISHED_UNCERTAINTY), seen: 0 };
  }
  const { peakMiB: measured, uncertaintyMiB, seen } = ofPeaks(peaks);
  const published = Math.max(0, profile.peakMiB - measured) / (1 + seen);
  return { peakMiB: Math.max(Math.ceil(measured + published), least), uncertaintyMiB, seen };
}

/** How near an unmarked kind's peak must be to a profile's for it to be taken for that profile. */
const INFERRED_WITHIN = 1.15;

/** Unmarked kinds whose peak is nearest to this profile's: a guess, that may raise its figure but not lower it. */
function inferredKinds(
  { kinds }: Knowledge,
  profile: Pick<Profile, "id" | "peakMiB">,
  profiles: readonly Pick<Profile, "id" | "peakMiB">[],
): Kind[] {
  return kinds.filter((kind) => {
    if (kind.profile !== null) return false;
    const middle = meanOf(kind.peaks);
    const own = ratio(middle, profile.peakMiB);
    return own <= INFERRED_WITHIN && profiles.every(({ peakMiB }) => ratio(middle, peakMiB) >= own);
  });
}

const meanOf = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

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
const UNKNOWN_GROWTH = 1.15;
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
  const stretched = knowledge.kinds.filter((kind) =>
    PACES.some((pace) => agrees(whole, kind.curve, toleranceOf(kind), pace)),
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
      (kind) => kind.profile === id || ratio(meanOf(kind.peaks), peakMiB) <= STANDS_FOR,
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
  const kinds = knowledge.kinds.filter((kind) => agrees(seen, kind.curve, toleranceOf(kind)));
  found.set(seen, { knowledge, kinds });
  return kinds;
}

function memo<K extends object, T>(make: (key: K) => T): (key: K) => T {
  const made = new WeakMap<K, T>();
  return (key) => {
    let value = made.get(key);
    if (value === undefined) {
      value = make(key);
      made.set(key, value);
    }
    return value;
  };
}
