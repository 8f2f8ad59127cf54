import { memo } from "react";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { Profile } from "../../../shared/profiles/profile.ts";
import { gib } from "../../i18n/format.ts";
import type { RoomWords } from "../../i18n/room/words.ts";
import { Drift } from "./Drift.tsx";

interface ProfileBasisProps {
  profile: Profile;
  words: RoomWords;
}

/** What a profile's figure rests on: measured, configured or published, by whom and on which GPU, and how many jobs. */
export const ProfileBasis = memo(function ProfileBasis({
  profile,
  words: { basis: words, drift: driftWords },
}: ProfileBasisProps) {
  const { basis, source, peakMiB, uncertaintyMiB, weightsMiB, seen, raised, drift } = profile;
  const facts = [
    fillIn(words.peak, { gib: gib(peakMiB) }),
    uncertaintyMiB > 0 ? fillIn(words.margin, { gib: gib(uncertaintyMiB) }) : null,
    raised ? words.raised : null,
    weightsMiB === null ? null : fillIn(words.weights, { gib: gib(weightsMiB) }),
    seen > 0 ? fillIn(words.learned, { n: seen }) : null,
    // Where jobs were seen, what is published is only what they were judged by at first.
    source === "" ? null : seen > 0 || raised ? fillIn(words.before, { source }) : source,
  ];
  return (
    <p className="basis muted">
      {words[basis]}
      {words.colon}
      {facts.filter((fact) => fact !== null).join(" · ")}
      {drift !== null && <Drift profile={profile} drift={drift} words={driftWords} />}
    </p>
  );
});
