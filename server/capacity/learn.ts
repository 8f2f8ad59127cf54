import { memo } from "../lib/memo.ts";
import { newOverruns, type Overrun } from "./overrun.ts";
import { agrees, type Curve, peakOf, resample, TOLERANCE } from "./signatures.ts";

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
  /** It vanished unmarked from a GPU that was nearly full: who took more there than there was room for. */
  overruns?: readonly Overrun[];
  /** No process was told: several jobs at once, perhaps. */
  unnamed?: boolean;
  /** Nobody saw its process: peak and duration are its own word, and when it held what is not known. */
  reported?: boolean;
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
  /** Of jobs whose process was not told: what is known of them is of none by itself. */
  unnamed: boolean;
  /** It rests on what jobs said of themselves: its curve tells nothing. */
  reported: boolean;
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
  /** What unmarked jobs took more than there was room for, the last ones, oldest first. */
  overruns: readonly Overrun[];
  /** Signatures taken in. */
  seen: number;
}

export const NOTHING_LEARNED: Knowledge = { kinds: [], floors: new Map(), overruns: [], seen: 0 };

/** Peaks that a kind's figure rests on. */
export const KEPT_PEAKS = 200;
const MOST_KINDS = 48;
const KEPT_OVERRUNS = 48;
const BINS = 32;
/** One kind's jobs differ by so much in peak and in duration, as a ratio: ±10 % and ±20 %. */
const ALIKE_PEAK = 1.25;
const ALIKE_SECONDS = 1.5;
/** What is added to the level at which a job ran out of memory: it wanted at least one allocation more. */
const OUT_OF_MEMORY_MARGIN = 1.1;
/** After so many jobs that went well the floor of an out-of-memory is forgotten. */
const FLOOR_LASTS = 50;

/** Takes one more signature in. Pure. */
export function learn(before: Knowledge, signature: Signature): Knowledge {
  const knowledge = withOverruns(before, signature);
  const seen = knowledge.seen + 1;
  if (signature.outOfMemory) {
    if (signature.profile === null) return knowledge;
    const mib = Math.ceil(signature.peakMiB * OUT_OF_MEMORY_MARGIN);
    const floor = knowledge.floors.get(signature.profile)?.mib ?? 0;
    const floors = new Map(knowledge.floors).set(signature.profile, { mib: Math.max(mib, floor), since: 0 });
    return { ...knowledge, floors, seen };
  }
  const floors =
    signature.profile === null ? knowledge.floors : ageFloor(knowledge.floors, signature.profile);
  const index = knowledge.kinds.findIndex((kind) => isOfKind(signature, kind));
  const old = knowledge.kinds[index];
  if (old !== undefined) {
    const kinds = [...knowledge.kinds];
    kinds[index] = widen(old, signature);
    return { ...knowledge, kinds, floors, seen };
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
    unnamed: signature.unnamed === true,
    reported: signature.reported === true,
  };
  return { ...knowledge, kinds: [...forgetOne(knowledge.kinds), fresh], floors, seen };
}

function withOverruns(knowledge: Knowledge, { overruns: more = [] }: Signature): Knowledge {
  const fresh = newOverruns(knowledge.overruns, more);
  if (fresh.length === 0) return knowledge;
  return { ...knowledge, overruns: [...knowledge.overruns, ...fresh].slice(-KEPT_OVERRUNS) };
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
  if (signature.profile !== kind.profile || (signature.reported === true) !== kind.reported) return false;
  if ((signature.unnamed === true) !== kind.unnamed) return false;
  if (ratio(signature.peakMiB, peakOf(kind.curve)) > ALIKE_PEAK) return false;
  if (ratio(signature.seconds, kind.seconds) > ALIKE_SECONDS) return false;
  return agrees(resample(signature.curve, kind.seconds, BINS), kind.curve, TOLERANCE);
}

/** The larger by the smaller. */
export const ratio = (a: number, b: number) => Math.max(a, b) / Math.max(1, Math.min(a, b));

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
