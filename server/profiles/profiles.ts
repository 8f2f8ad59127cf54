import * as v from "valibot";
import { type Profile, profileSchema } from "../../shared/profiles/profile.ts";
import { BUILT_IN_PROFILES } from "./built-in-profiles.ts";

/** A profile as the config file has it. */
export type ConfiguredProfile = Pick<Profile, "id" | "label" | "peakMiB"> & Partial<Profile>;

/** The built-in profiles and the configured ones; a configured one replaces a built-in one of the same id. */
function mergeProfiles(configured: readonly ConfiguredProfile[]): Profile[] {
  const own = configured.map((profile) =>
    v.parse(profileSchema, { ...profile, basis: "configured", source: "config file" }),
  );
  const ownIds = new Set(own.map(({ id }) => id));
  return [...own, ...BUILT_IN_PROFILES.filter(({ id }) => !ownIds.has(id))];
}

/** The job profiles, and the one that the state's `capacity` is for: the one of that id, else the first. */
export function chooseProfiles({
  profiles: own,
  profile: wanted,
}: {
  profiles: readonly ConfiguredProfile[];
  profile?: string | undefined;
}): { profiles: Profile[]; profile: Profile } {
  const profiles = mergeProfiles(own);
  const profile = wanted === undefined ? profiles[0] : profiles.find(({ id }) => id === wanted);
  if (profile === undefined) throw new Error("there is no job profile");
  return { profiles, profile };
}
