import * as v from "valibot";
import type { Profile } from "./profile.ts";

const text = v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(80)));
const count = v.optional(
  v.pipe(v.string(), v.regex(/^\d{1,6}$/, "a whole number"), v.transform(Number), v.minValue(1)),
);
/** `480p` or `832x480`. */
export const resolutionSchema = v.pipe(
  v.string(),
  v.regex(/^\d{2,5}(?:p|x\d{2,5})$/i, "a resolution such as 720p or 1280x720"),
);
const resolution = v.optional(resolutionSchema);

/** How a kind of job is asked for: by its id, or by its settings. */
export const profileQuerySchema = v.strictObject({
  profile: text,
  model: text,
  task: text,
  resolution,
  frames: count,
  steps: count,
  quant: text,
  offload: text,
  gpus: count,
});
export type ProfileQuery = v.InferOutput<typeof profileQuerySchema>;

/**
 * The profile that is meant: the one of the id, or of those with the given settings the one that needs most, so that
 * what was left open is not counted on. `null` when there is none. Pure.
 */
export function matchProfile(query: ProfileQuery, profiles: readonly Profile[]): Profile | null {
  if (query.profile !== undefined) return profiles.find(({ id }) => id === query.profile) ?? null;
  const matching = profiles.filter((profile) => matches(profile, query));
  return matching.reduce<Profile | null>(
    (most, profile) => (most === null || profile.peakMiB > most.peakMiB ? profile : most),
    null,
  );
}

function matches(profile: Profile, query: ProfileQuery): boolean {
  const { model, task, frames, steps, quant, offload, gpus } = query;
  const same = (wanted: string | undefined, has: string | null) =>
    wanted === undefined || has?.toLowerCase() === wanted.toLowerCase();
  const equal = (wanted: number | undefined, has: number | null) => wanted === undefined || has === wanted;
  return (
    (model === undefined || (profile.model?.toLowerCase().includes(model.toLowerCase()) ?? false)) &&
    same(task, profile.task) &&
    same(quant, profile.quant) &&
    same(offload, profile.offload) &&
    equal(frames, profile.frames) &&
    equal(steps, profile.steps) &&
    equal(gpus, profile.gpus) &&
    hasResolution(profile, query.resolution)
  );
}

function hasResolution({ width, height }: Profile, wanted: string | undefined): boolean {
  if (wanted === undefined) return true;
  if (width === null || height === null) return false;
  const [first = "", second] = wanted.toLowerCase().split("x");
  if (second !== undefined) return Number(first) === width && Number(second) === height;
  return shorterSide(first) === Math.min(width, height);
}

/** 480p names the shorter side, also of an upright video. */
export const shorterSide = (resolution: string) => Number.parseInt(resolution, 10);
