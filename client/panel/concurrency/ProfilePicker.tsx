import { memo, useContext, useId } from "react";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { gib } from "../../i18n/format.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import { ProfileContext, useProfiles } from "./use-capacity.ts";

/** Which kind of job the recommendation is for. */
export const ProfilePicker = memo(function ProfilePicker({ chosen }: { chosen: string }) {
  const m = useMessages();
  const id = useId();
  const profiles = useProfiles();
  const { choose } = useContext(ProfileContext);
  return (
    <div className="field">
      <label htmlFor={id}>{m.concurrency.profile}</label>
      <select id={id} value={chosen} onChange={(event) => choose(event.target.value)}>
        {profiles.map((profile) => (
          <option key={profile.id} value={profile.id}>
            {profile.label} — {fillIn(m.concurrency.perJob, { gib: gib(profile.peakMiB) })} ·{" "}
            {m.concurrency.basis[profile.basis]}
          </option>
        ))}
      </select>
    </div>
  );
});
