import { matchProfile, type ProfileQuery, shorterSide } from "./match-profile.ts";
import { type ClipSize, clipSizeOf, predictForSize, type SizePrediction } from "./predict.ts";
import type { Profile } from "./profile.ts";

/** A profile that was asked for; where no such size is known, one that was predicted from others. */
export interface Resolved {
  profile: Profile;
  /** `null`: it is one of the known profiles. */
  predicted: Prediction | null;
}

/** What a prediction rests on. */
export interface Prediction {
  /** Ids of the profiles of other sizes. */
  from: string[];
  how: SizePrediction["how"];
}

/** Width of a frame whose shorter side is known, 16:9, where no profile tells another. */
const USUAL_WIDTH = new Map([
  [480, 832],
  [720, 1280],
  [1080, 1920],
]);

/**
 * The profile that is meant. One of the known ones where all settings agree; else, for another resolution or frame
 * count, one that is predicted by the token count from those that agree in all else (`predictForSize`). Of several
 * that could be meant the one that needs most. `null`: nothing is known of such a job. Pure.
 */
export function resolveProfile(query: ProfileQuery, profiles: readonly Profile[]): Resolved | null {
  const { resolution, frames, ...rest } = query;
  const wantsSize = resolution !== undefined || frames !== undefined;
  const named = query.profile === undefined ? undefined : profiles.find(({ id }) => id === query.profile);
  if (query.profile !== undefined && named === undefined) return resolveId(query.profile, profiles);
  if (named !== undefined && !wantsSize) return { profile: named, predicted: null };
  if (named === undefined) {
    const known = matchProfile(query, profiles);
    if (known !== null) return { profile: known, predicted: null };
    if (!wantsSize || query.model === undefined) return null;
  }
  // Steps cost time and no memory: those of another size may be others.
  const { steps: _, profile: __, ...settings } = rest;
  const bases = named === undefined ? matching(settings, profiles) : [named];
  const answers = bases.flatMap((base) => {
    const size = sizeFrom(base, query);
    const answer = size === null ? null : profileOfSize(base, size, profiles);
    return answer === null ? [] : [answer];
  });
  const [first, ...others] = answers;
  return first === undefined ? null : heaviest(first, others);
}

/** Of several answers the one with the highest peak, and the doubt that covers what any of them may need. */
function heaviest(first: Resolved, others: readonly Resolved[]): Resolved {
  const most = others.reduce((a, b) => (b.profile.peakMiB > a.profile.peakMiB ? b : a), first);
  const needs = [first, ...others].map(({ profile }) => profile.peakMiB + profile.uncertaintyMiB);
  const uncertaintyMiB = Math.max(...needs) - most.profile.peakMiB;
  return { ...most, profile: { ...most.profile, uncertaintyMiB } };
}

function matching(query: ProfileQuery, profiles: readonly Profile[]): Profile[] {
  return profiles.filter(
    (profile) => matchProfile(query, [profile]) !== null && clipSizeOf(profile) !== null,
  );
}

function sizeFrom(base: Profile, { resolution, frames }: ProfileQuery): ClipSize | null {
  const own = clipSizeOf(base);
  if (own === null) return null;
  const size = { ...own, frames: frames ?? own.frames };
  if (resolution === undefined) return size;
  const [width, height] = resolution.toLowerCase().split("x").map(Number);
  if (width !== undefined && height !== undefined) return { ...size, width, height };
  const shorter = shorterSide(resolution);
  if (shorter === Math.min(own.width, own.height)) return size;
  const longer = USUAL_WIDTH.get(shorter) ?? Math.ceil((shorter * 16) / 9 / 16) * 16;
  return own.width < own.height
    ? { ...size, width: shorter, height: longer }
    : { ...size, width: longer, height: shorter };
}

const SIZED = /^(.{1,60})--(\d{2,5})x(\d{2,5})x(\d{1,6})$/;

/** The id of a profile's job in another size; `readSizedId` reads it again. */
export function sizedId(base: Pick<Profile, "id">, { width, height, frames }: ClipSize): string {
  return `${baseIdOf(base.id)}--${width}x${height}x${frames}`;
}

const baseIdOf = (id: string) => SIZED.exec(id)?.[1] ?? id;

/** The base profile and the size that such an id names; `null`: it is no such id, or its base is not known. */
export function readSizedId(
  id: string,
  profiles: readonly Profile[],
): { base: Profile; size: ClipSize } | null {
  const [, baseId, width, height, frames] = SIZED.exec(id) ?? [];
  const base = profiles.find((profile) => profile.id === baseId);
  if (base === undefined) return null;
  return { base, size: { width: Number(width), height: Number(height), frames: Number(frames) } };
}

function resolveId(id: string, profiles: readonly Profile[]): Resolved | null {
  const read = readSizedId(id, profiles);
  return read === null ? null : profileOfSize(read.base, read.size, profiles);
}

/** The profile of one kind of job in any size: the known one, or a predicted one. `null`: nothing is to go by. Pure. */
export function profileOfSize(base: Profile, size: ClipSize, profiles: readonly Profile[]): Resolved | null {
  const alike = profiles.filter(
    (other) =>
      other.model === base.model &&
      other.task === base.task &&
      other.quant === base.quant &&
      other.offload === base.offload &&
      other.gpus === base.gpus,
  );
  // One id for one size, whichever of the profiles it was asked for by.
  const first = alike.find(({ id }) => !SIZED.test(id)) ?? base;
  const same = alike.find(
    ({ width, height, frames }) => width === size.width && height === size.height && frames === size.frames,
  );
  if (same !== undefined) return { profile: same, predicted: null };
  const seen = alike.flatMap((profile) => {
    const clip = clipSizeOf(profile);
    const { id, peakMiB, uncertaintyMiB } = profile;
    return clip === null ? [] : [{ ...clip, peakMiB, uncertaintyMiB, id }];
  });
  const answer = predictForSize(seen, size, first.weightsMiB);
  if (answer === null) return null;
  const label = `${base.model ?? base.label} ${size.width}×${size.height}, ${size.frames} frames`;
  const profile: Profile = {
    ...first,
    ...size,
    id: sizedId(first, size),
    label: label.slice(0, 120),
    peakMiB: answer.peakMiB,
    uncertaintyMiB: answer.uncertaintyMiB,
    // How long it takes, and when it takes how much, does not follow from the token count alone.
    seconds: null,
    phases: [],
    basis: alike.every(({ basis }) => basis === "measured") ? "measured" : "published",
    source: `predicted by the token count from ${seen.map(({ id }) => id).join(", ")}`,
    seen: 0,
  };
  return { profile, predicted: { from: seen.map(({ id }) => id), how: answer.how } };
}
