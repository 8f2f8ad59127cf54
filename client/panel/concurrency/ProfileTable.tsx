import { useContext } from "react";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { DASH, gib } from "../../i18n/format.ts";
import type { RoomWords } from "../../i18n/room/words.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import { ProfileBasis } from "./ProfileBasis.tsx";
import { type Capacity, ProfileContext, useFits, useProfiles } from "./use-capacity.ts";

interface ProfileTableProps {
  capacity: Capacity;
  gpus: readonly Gpu[];
  words: RoomWords;
}

/** Every profile with its figure, what that rests on, and how many such jobs may start now. */
export default function ProfileTable({ capacity, gpus, words }: ProfileTableProps) {
  const m = useMessages();
  const profiles = useProfiles();
  const { choose } = useContext(ProfileContext);
  const fitsOf = useFits(gpus);
  return (
    <ul className="plain profiles small">
      {profiles.map((profile) => {
        const chosen = profile.id === capacity.profile.id;
        const n = fitsOf(profile).canStart;
        const tone = n === null ? "unknown" : n === 0 ? "warning" : "accent";
        return (
          <li key={profile.id} data-chosen={chosen}>
            <span className="profile-name">
              <button type="button" aria-pressed={chosen} onClick={() => choose(profile.id)}>
                {profile.label}
              </button>
              <span className="muted">{fillIn(m.concurrency.perJob, { gib: gib(profile.peakMiB) })}</span>
            </span>
            <span className="chip" data-tone={tone}>
              {n === null ? DASH : fillIn(m.concurrency.short, { n })}
            </span>
            <ProfileBasis profile={profile} words={words} />
          </li>
        );
      })}
    </ul>
  );
}
