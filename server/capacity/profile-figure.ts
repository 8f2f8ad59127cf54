import type { Profile } from "../../shared/capacity/profile.ts";
import { memo } from "../lib/memo.ts";
import { KEPT_PEAKS, type Kind, type Knowledge, ratio } from "./learn.ts";
import { leastAfter } from "./overrun.ts";

/** A peak and how far the truth may lie above it, MiB. */
export interface PeakFigure {
  peakMiB: number;
  uncertaintyMiB: number;
  /** Jobs that it rests on; 0: published or configured alone. */
  seen: number;
  /** Peak or doubt is what it is because a job took or wanted more, perhaps one that nobody marked. */
  raised: boolean;
}

/** The figure of peaks that were seen. */
type OfPeaks = Omit<PeakFigure, "raised">;

type FiguredProfile = Pick<Profile, "id" | "peakMiB" | "basis"> & Partial<Pick<Profile, "uncertaintyMiB">>;

/** From this many observations on the quantile stands for the maximum. */
const ENOUGH_FOR_QUANTILE = 100;
const QUANTILE = 0.99;
/** What a figure that was measured elsewhere may be off by, as a share. */
export const PUBLISHED_UNCERTAINTY = 0.15;

/**
 * Uncertainty of a maximum of `n` observations, as a share: `min(0.2, 0.4 / (n + 1))`. The largest of n even draws
 * lies about width / (n + 1) below the upper end; one kind's jobs are taken to differ by ±10 %, width 0.2, and that
 * is doubled.
 */
export function marginOf(n: number): number {
  return Math.min(0.2, 0.4 / (n + 1));
}

function ofPeaks(peaks: readonly number[]): OfPeaks {
  const sorted = [...peaks].sort((a, b) => a - b);
  const n = sorted.length;
  const rank = n >= ENOUGH_FOR_QUANTILE ? Math.ceil(QUANTILE * n) - 1 : n - 1;
  const peakMiB = Math.ceil(sorted[rank] ?? 0);
  return { peakMiB, uncertaintyMiB: Math.ceil(peakMiB * marginOf(n)), seen: n };
}

/** The figure of one kind alone. */
export const ofKind = memo((kind: Kind) => ofPeaks(kind.peaks));

/**
 * What one more job of a profile will take: nothing seen → the published or configured peak ± 15 %; else the highest
 * peak that was seen here (with 100 or more: the 99 % quantile of the last 200), a published peak above it counting
 * `1 / (1 + n)` still, and a margin that shrinks as evidence grows. An out-of-memory sets a floor at once; one of jobs
 * that nobody marked widens the doubt of all figures that may have led to it (`leastAfter`), but for those of profiles
 * that jobs were marked with and of configured ones. A configured peak is the user's word and is never lowered. MiB.
 */
export function profileFigure(
  knowledge: Knowledge,
  profile: FiguredProfile,
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

/**
 * Its own figure, and where jobs that nobody marked took more than there was room for, what they wanted as its doubt: it is
 * a guess that they were of this profile, and on a GPU without jobs the doubt keeps none from starting.
 */
function makeFigure(
  knowledge: Knowledge,
  profile: FiguredProfile,
  profiles: readonly Pick<Profile, "id" | "peakMiB">[],
): PeakFigure {
  const marked = knowledge.kinds.filter((kind) => kind.profile === profile.id);
  const own = ownFigure(knowledge, profile, profiles, marked);
  if (marked.length > 0 || profile.basis === "configured") return own;
  const wanted = leastAfter(knowledge.overruns, profile.peakMiB) * (1 + PUBLISHED_UNCERTAINTY);
  const doubt = Math.ceil(wanted) - own.peakMiB;
  return doubt > own.uncertaintyMiB ? { ...own, uncertaintyMiB: doubt, raised: true } : own;
}

function ownFigure(
  knowledge: Knowledge,
  profile: FiguredProfile,
  profiles: readonly Pick<Profile, "id" | "peakMiB">[],
  marked: readonly Kind[],
): PeakFigure {
  const inferred = marked.length > 0 ? [] : inferredKinds(knowledge, profile, profiles);
  const peaks = [...marked, ...inferred].flatMap((kind) => kind.peaks).slice(-KEPT_PEAKS);
  const floor = knowledge.floors.get(profile.id)?.mib ?? 0;
  if (peaks.length === 0) {
    const peakMiB = Math.max(profile.peakMiB, floor);
    const raised = floor > profile.peakMiB;
    return { peakMiB, uncertaintyMiB: doubtOf(profile, peakMiB), seen: 0, raised };
  }
  const { peakMiB: measured, uncertaintyMiB: doubt, seen } = ofPeaks(peaks);
  // What jobs say of themselves is often without the CUDA context: of that alone the doubt of other machines' figures stays.
  const isSeen = inferred.length > 0 || marked.some(({ reported }) => !reported);
  const uncertaintyMiB = isSeen ? doubt : Math.max(doubt, Math.ceil(measured * PUBLISHED_UNCERTAINTY));
  const published = Math.max(0, profile.peakMiB - measured) / (1 + seen);
  const least = profile.basis === "configured" || inferred.length > 0 ? profile.peakMiB : 0;
  const figure = Math.max(Math.ceil(measured + published), least);
  return { peakMiB: Math.max(figure, floor), uncertaintyMiB, seen, raised: floor > figure };
}

/** Fewer durations than this say nothing of the next one. */
const ENOUGH_FOR_SECONDS = 3;

/** How long marked jobs of a profile have taken here, in the mean, seconds. */
export function learnedSeconds({ kinds }: Knowledge, profile: string): number | null {
  const marked = kinds.filter((kind) => kind.profile === profile);
  const seen = marked.reduce((sum, kind) => sum + kind.seen, 0);
  if (seen < ENOUGH_FOR_SECONDS) return null;
  return marked.reduce((sum, kind) => sum + kind.seconds * kind.seen, 0) / seen;
}

/** A figure that was predicted says itself how far it may be off. */
function doubtOf({ uncertaintyMiB = 0 }: FiguredProfile, peakMiB: number): number {
  return Math.max(Math.ceil(peakMiB * PUBLISHED_UNCERTAINTY), uncertaintyMiB);
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
    if (kind.profile !== null || kind.unnamed) return false;
    const middle = meanOf(kind.peaks);
    const own = ratio(middle, profile.peakMiB);
    return own <= INFERRED_WITHIN && profiles.every(({ peakMiB }) => ratio(middle, peakMiB) >= own);
  });
}

export const meanOf = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
