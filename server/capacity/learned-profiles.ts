import { profileOfSize, readSizedId } from "../../shared/capacity/predict-profile.ts";
import type { Profile } from "../../shared/capacity/profile.ts";
import type { Knowledge } from "./learn.ts";
import { learnedSeconds, profileFigure } from "./profile-figure.ts";

/**
 * The profiles with the figures that were learned here, and behind them the sizes that no profile is for but jobs of
 * which have run here. Pure.
 */
export function learnedProfiles(knowledge: Knowledge, profiles: readonly Profile[]): Profile[] {
  const learned = profiles.map((profile) => withFigure(knowledge, profile, profiles));
  const ids = new Set([
    ...knowledge.kinds.flatMap(({ profile }) => profile ?? []),
    ...knowledge.floors.keys(),
  ]);
  const sized = [...ids].sort().flatMap((id) => {
    const read = profiles.some((profile) => profile.id === id) ? null : readSizedId(id, learned);
    const found = read === null ? null : profileOfSize(read.base, read.size, learned);
    return found === null || found.profile.id !== id ? [] : [withFigure(knowledge, found.profile, profiles)];
  });
  return [...learned, ...sized];
}

function withFigure(knowledge: Knowledge, profile: Profile, profiles: readonly Profile[]): Profile {
  const { peakMiB, uncertaintyMiB, seen, raised } = profileFigure(knowledge, profile, profiles);
  const basis = seen > 0 && profile.basis === "published" ? ("measured" as const) : profile.basis;
  const seconds = learnedSeconds(knowledge, profile.id) ?? profile.seconds;
  return { ...profile, peakMiB, uncertaintyMiB, seen, raised, basis, seconds };
}
