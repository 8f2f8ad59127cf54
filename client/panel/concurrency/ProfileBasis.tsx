import { memo } from "react";
import type { Profile } from "../../../shared/capacity/profile.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { whole } from "../../i18n/format.ts";
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
    fillIn(words.peak, { mib: whole(peakMiB) }),
    uncertaintyMiB > 0 ? fillIn(words.margin, { mib: whole(uncertaintyMiB) }) : null,
    raised ? words.raised : null,
    weightsMiB === null ? null : fillIn(words.weights, { mib: whole(weightsMiB) }),
    seen > 0 ? fillIn(words.learned, { n: seen }) : null,
    // Where jobs were seen, what is published is only what they were judged by at first.
    source === "" ? null : seen > 0 || raised ? fillIn(words.before, { source }) : source,
  ];
  return (
    <p className="basis small">
      <span className="chip" data-basis={basis}>
        {words[basis]}
      </span>{" "}
      <span className="muted">{facts.filter((fact) => fact !== null).join(" · ")}</span>
      {drift !== null && <Drift profile={profile} drift={drift} words={driftWords} />}
    </p>
  );
});
