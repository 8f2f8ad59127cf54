import { memo, useContext } from "react";
import { percentOf } from "../../../shared/gpu/units.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { HostRow } from "../../../shared/protocol/group-overview.ts";
import { duration } from "../../i18n/durations.ts";
import { DASH, gib, gibTotal, withUnit } from "../../i18n/format.ts";
import type { GroupWords } from "../../i18n/group/words.ts";
import { CELL } from "../../ui/table-roles.ts";
import { OwnPageContext } from "../../ui/View.tsx";
import { RoomWord } from "../concurrency/RoomWord.tsx";
import { temperatureTone } from "../gpus/temperature-tone.ts";
import { LookContext } from "../settings/look.ts";
import { levelClass, levelOf } from "../vram/level.ts";
import { VramBar } from "../vram/VramBar.tsx";
import { HostRelease } from "./HostRelease.tsx";
import { rowAt } from "./row-at.ts";

interface HostLineProps {
  host: HostRow;
  words: GroupWords;
  /** Which line of the table it is, from 1: not all of them are drawn. */
  index: number;
}

/** One host in one line; its name opens its own panel. */
export const HostLine = memo(function HostLine({ host, words, index }: HostLineProps) {
  const { language } = useContext(LookContext);
  const isOwnPage = useContext(OwnPageContext);
  const { name, address, status, usedMiB, totalMiB, utilizationPct, temperatureC, canStart } = host;
  const share = percentOf(usedMiB, totalMiB);
  const free = usedMiB === null || totalMiB === null ? null : totalMiB - usedMiB;
  const state =
    status === "stale" && host.ageSeconds !== null
      ? fillIn(words.since, { age: duration(host.ageSeconds, language) })
      : words.status[status];
  const jobs =
    host.jobs === 0
      ? ""
      : ` · ${fillIn(host.jobs === 1 ? words.jobs.one : words.jobs.more, { n: host.jobs })}`;
  return (
    <div className="hr" {...rowAt(index)} data-status={status}>
      <span className="nm cut" {...CELL} title={name}>
        {/^https?:\/\//.test(address) ? (
          // In another program's page that page stays where it is.
          <a href={address} {...(isOwnPage ? {} : { target: "_blank", rel: "noreferrer" })}>
            {name}
          </a>
        ) : (
          name
        )}
      </span>
      <span className="st cut" {...CELL}>
        {state}
        {jobs}
      </span>
      <span className="br" {...CELL}>
        <VramBar
          label={`${words.columns.vram} ${name}`}
          vram={{ usedMiB, totalMiB, driverMiB: 0, freeMiB: free }}
          neededMiB={0}
          reserveMiB={null}
        />
      </span>
      <span className={`us${levelClass(levelOf(share))}`} {...CELL}>
        {usedMiB === null ? DASH : `${gib(usedMiB)}/${gibTotal(totalMiB)} GiB`}
      </span>
      <span className="ut" {...CELL}>
        {withUnit(utilizationPct, "%")}
      </span>
      <span className={`tc ${temperatureTone(temperatureC)}`} {...CELL}>
        {withUnit(temperatureC, "°C")}
      </span>
      <span className="rm" {...CELL}>
        <RoomWord canStart={canStart} />
      </span>
      <span className="rl" {...CELL}>
        <HostRelease host={host} words={words.release} />
      </span>
    </div>
  );
}, isSame);

/** Each answer brings new objects; a line is drawn anew when one of its figures is another. */
function isSame(before: HostLineProps, after: HostLineProps): boolean {
  const { host: old, ...others } = before;
  return others.words === after.words && others.index === after.index && isSameRow(old, after.host);
}

function isSameRow(old: HostRow, now: HostRow): boolean {
  const [before, after] = [Object.entries(old), new Map<string, unknown>(Object.entries(now))];
  return before.every(([key, value]) => after.get(key) === value);
}
