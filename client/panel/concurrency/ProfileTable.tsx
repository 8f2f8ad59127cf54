import { useContext } from "react";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { gib } from "../../i18n/format.ts";
import type { RoomWords } from "../../i18n/room/words.ts";
import { ProfileBasis } from "./ProfileBasis.tsx";
import { RoomWord } from "./RoomWord.tsx";
import { type Capacity, ProfileContext, useFits, useProfiles } from "./use-capacity.ts";

interface ProfileTableProps {
  capacity: Capacity;
  gpus: readonly Gpu[];
  words: RoomWords;
}

/** Every profile with its figure, what that rests on, and how many such jobs may start now. */
export function ProfileTable({ capacity, gpus, words }: ProfileTableProps) {
  const profiles = useProfiles();
  const { choose } = useContext(ProfileContext);
  const fitsOf = useFits(gpus);
  return (
    <ul className="profiles">
      {profiles.map((profile) => (
        <li key={profile.id}>
          <span>
            <button
              type="button"
              className="go"
              aria-pressed={profile.id === capacity.profile.id}
              onClick={() => choose(profile.id)}
            >
              {profile.label}
            </button>{" "}
            <span className="muted">{gib(profile.peakMiB)} GiB</span>
          </span>
          <RoomWord canStart={fitsOf(profile).canStart} />
          <ProfileBasis profile={profile} words={words} />
        </li>
      ))}
    </ul>
  );
}
