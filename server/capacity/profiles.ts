import { BUILT_IN_PROFILES } from "../../shared/capacity/built-in-profiles.ts";
import type { Profile } from "../../shared/capacity/profile.ts";

/** The built-in profiles and the configured ones; a configured one replaces a built-in one of the same id. */
export function mergeProfiles(configured: readonly Pick<Profile, "id" | "label" | "peakMiB">[]): Profile[] {
  const own = configured.map(
    (profile): Profile => ({ ...profile, basis: "configured", source: "config file" }),
  );
  const ownIds = new Set(own.map(({ id }) => id));
  return [...own, ...BUILT_IN_PROFILES.filter(({ id }) => !ownIds.has(id))];
}
