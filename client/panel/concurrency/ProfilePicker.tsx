import { memo, useContext } from "react";
import { gib } from "../../i18n/format.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import { DownIcon } from "../../ui/icons.tsx";
import { ProfileContext, useProfiles } from "./use-capacity.ts";

/** Which kind of job the recommendation is for. */
export const ProfilePicker = memo(function ProfilePicker({ chosen }: { chosen: string }) {
  const m = useMessages();
  const profiles = useProfiles();
  const { choose } = useContext(ProfileContext);
  const shown = profiles.find(({ id }) => id === chosen);
  return (
    <span className="pick">
      <span className="cut" aria-hidden="true">
        {shown?.label}
      </span>
      <span className="muted gib" aria-hidden="true">
        {gib(shown?.peakMiB ?? null)} GiB
      </span>
      <DownIcon />
      <select
        aria-label={m.concurrency.profile}
        title={shown?.label}
        value={chosen}
        onChange={(event) => choose(event.target.value)}
      >
        {profiles.map(({ id, label, peakMiB }) => (
          <option key={id} value={id}>
            {label} · {gib(peakMiB)} GiB
          </option>
        ))}
      </select>
    </span>
  );
});
