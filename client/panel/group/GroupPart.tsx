import { useContext, useRef, useState } from "react";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import type { GroupOverview, HostRow } from "../../../shared/protocol/group-overview.ts";
import { groupEn } from "../../i18n/group/en.ts";
import type { GroupWords } from "../../i18n/group/words.ts";
import { groupZhCn } from "../../i18n/group/zh-cn.ts";
import { useProblemWords } from "../../i18n/use-messages.ts";
import { Styles } from "../../shadow/Styles.tsx";
import css from "../../styles/group.css?inline";
import { HEAD } from "../../ui/table-roles.ts";
import { ProfileContext, useProfiles } from "../concurrency/use-capacity.ts";
import { LookContext } from "../settings/look.ts";
import { arrange, type HostOrder, roomOfGroup } from "./arrange.ts";
import { type Grouping, groupsOf, ROOM_STATES } from "./groups-of.ts";
import { RefusalContext } from "./HostRelease.tsx";
import { HostRows, type Line } from "./HostRows.tsx";
import { rowAt, tableOf } from "./row-at.ts";
import { useOverview } from "./use-overview.ts";

/** Hosts that the answer names. */
const MOST_NAMED = 3;
/** More of them are looked for by name. */
const MOST_AT_A_GLANCE = 5;

/** The hosts of the group, a line each. @param alone this host has no GPU of its own, and the overview is the page */
export default function GroupPart({ alone }: { alone: boolean }) {
  const words = useContext(LookContext).language === "zh-CN" ? groupZhCn : groupEn;
  const place = useRef<HTMLElement>(null);
  const profiles = useProfiles();
  const { chosen } = useContext(ProfileContext);
  const profile = profiles.find(({ id }) => id === chosen) ?? profiles[0];
  const overview = useOverview(place, profile?.id ?? null);
  // A member that knows of nobody else has no more to show than its own GPUs.
  const shows = overview !== null && (alone || overview.hosts.length > 1 || overview.problem !== null);
  return (
    <section ref={place} className={alone ? "grp alone" : "grp"} aria-label={words.title}>
      <Styles css={css} />
      {shows && <Overview {...{ overview, words, alone }} profile={profile?.label ?? ""} />}
    </section>
  );
}

interface OverviewProps {
  overview: GroupOverview;
  words: GroupWords;
  alone: boolean;
  profile: string;
}

function Overview({ overview, words, alone, profile }: OverviewProps) {
  const wordsOf = useProblemWords();
  const [sought, setSought] = useState("");
  const [order, setOrder] = useState<HostOrder>("name");
  const [refusal, setRefusal] = useState<Problem | null>(null);
  const [grouping, setGrouping] = useState<Grouping>("none");
  const { group, problem, hosts } = overview;
  const isMany = hosts.length > MOST_AT_A_GLANCE;
  const shown = linesOf(arrange(hosts, isMany ? sought : "", order), isMany ? grouping : "none", words);
  const { columns } = words;
  const many = fillIn(hosts.length === 1 ? words.hosts.one : words.hosts.more, { n: hosts.length });
  return (
    <>
      <div className="ghd">
        <h2>{answerOf(overview, words)}</h2>
        <span className="muted cut">{fillIn(words.forProfile, { profile })}</span>
      </div>
      <div className="gsub">
        <p className="muted">
          {fillIn(alone ? words.alone : words.beside, { name: group ?? "", hosts: many })}
        </p>
        {problem !== null && (
          <p className="up warm" role="status">
            {wordsOf(problem).message}
          </p>
        )}
        {refusal !== null && (
          <p className="up warm" role="status">
            {wordsOf(refusal).message}
          </p>
        )}
        {isMany && (
          <>
            <input
              type="search"
              aria-label={words.filter}
              placeholder={words.filter}
              value={sought}
              onChange={({ target }) => setSought(target.value)}
            />
            <Choice<HostOrder> of={["name", "room"]} at={order} words={words.sort} choose={setOrder} />
            <Choice<Grouping>
              of={["none", "state", "kind"]}
              at={grouping}
              words={words.grouping}
              choose={setGrouping}
            />
          </>
        )}
      </div>
      {shown.length === 0 ? (
        <p className="muted">{hosts.length === 0 ? words.waiting : words.noMatch}</p>
      ) : (
        <div {...tableOf(words.title, shown.length + 1)}>
          <div className="hr th lb" {...rowAt(1)}>
            {(
              [
                ["nm", columns.host],
                ["st", columns.status],
                ["br", columns.vram],
                ["us", columns.used],
                ["ut", columns.util],
                ["tc", columns.temp],
                ["rm", columns.room],
                ["rl", columns.release],
              ] as const
            ).map(([place, text]) => (
              <span key={place} className={place} {...HEAD}>
                {text}
              </span>
            ))}
          </div>
          <RefusalContext value={setRefusal}>
            <HostRows lines={shown} words={words} />
          </RefusalContext>
        </div>
      )}
    </>
  );
}

interface ChoiceProps<One extends string> {
  of: readonly One[];
  at: One;
  words: Record<One | "label", string>;
  choose(one: One): void;
}

function Choice<One extends string>({ of, at, words, choose }: ChoiceProps<One>) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out in a row everywhere
    <span className="seg" role="group" aria-label={words.label}>
      {of.map((one) => (
        <button key={one} type="button" aria-pressed={one === at} onClick={() => choose(one)}>
          {words[one]}
        </button>
      ))}
    </span>
  );
}

/** The hosts, and where they stand in groups what each group has in common, how many they are and what can start there. */
function linesOf(hosts: readonly HostRow[], grouping: Grouping, words: GroupWords): readonly Line[] {
  if (grouping === "none") return hosts;
  const { room, heading, kinds } = words;
  return groupsOf(hosts, grouping).flatMap(({ key, hosts: those }): Line[] => {
    const state = ROOM_STATES.find((one) => one === key);
    const name = grouping === "state" && state !== undefined ? room[state] : (key ?? kinds.unknown);
    const n = roomOfGroup(those)?.n ?? 0;
    const many = fillIn(those.length === 1 ? words.hosts.one : words.hosts.more, { n: those.length });
    const text = fillIn(n > 0 ? heading.room : heading.none, { name, hosts: many, n });
    return [{ heading: text }, ...those];
  });
}

function answerOf({ hosts }: GroupOverview, { answer }: GroupWords): string {
  const room = roomOfGroup(hosts);
  if (room === null) return answer.unknown;
  if (room.n === 0) return answer.none;
  const named = room.where.slice(0, MOST_NAMED);
  const left = named.reduce((rest, { canStart }) => rest - (canStart ?? 0), room.n);
  const where = [
    ...named.map(({ name, canStart }) => fillIn(answer.on, { n: canStart ?? 0, host: name })),
    ...(left > 0 ? [fillIn(answer.others, { n: left })] : []),
  ];
  return fillIn(answer.some, { n: room.n, where: where.join(answer.between) });
}
