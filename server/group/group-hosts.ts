import * as v from "valibot";
import type { HostOfGroup } from "../../shared/protocol/host-of-group.ts";
import type { Json } from "../../shared/protocol/json-diff.ts";
import { type State, sourceSchema } from "../../shared/protocol/state.ts";
import type { Entry, TurnEntry, Whole } from "./entry.ts";
import { applyChanges, type Published, stateOf } from "./host-state.ts";

/** What became of an entry. `behind`: something between was missed. `clock`: it is not of now by the clock of here. */
export type Outcome = "accepted" | "behind" | "old" | "clock" | "full";

/** How long a host may be silent. */
export interface GroupPatience {
  /** Beyond three of its intervals it is stale. */
  staleSpareMs: number;
  /** Then it is not shown any more. */
  goneMs: number;
}

/** One of the others, and what it said last. */
export interface OtherHost extends Published {
  id: string;
  name: string;
  address: string;
  boot: string;
  bootAt: number;
  /** The last entry that its parts are made of, and the last that was heard: where that is later, something is missed. */
  n: number;
  heardN: number;
  intervalMs: number;
  /** When it was heard of, by a steady clock and by the wall's. */
  heardMs: number;
  seenAt: number;
}

/** The other hosts of a group. Times come as data. */
export interface GroupHosts {
  /** @param ageMs how long ago it was said */
  take(entry: Entry, ageMs: number, nowMs: number, wallMs: number): Outcome;
  /** Those that are there, in the order of their names. */
  list(nowMs: number): HostOfGroup[];
  find(id: string): OtherHost | undefined;
  all(): Iterable<OtherHost>;
  statusOf(host: OtherHost, nowMs: number): HostOfGroup["status"];
  /**
   * Lets go of those that have been silent for long; says whether there was one.
   * @param sinceMs since when they can be heard: what was not heard before is nobody's silence
   */
  forgetGone(nowMs: number, sinceMs: number): boolean;
}

/** Clocks of machines differ; beyond this the signed requests would be refused, too. */
export const CLOCK_MS = 60_000;
const MOST_HOSTS = 256;
const partsSchema = v.record(
  v.string(),
  v.custom<Json>((value) => value !== undefined),
);
const sourceOf = v.pick(sourceSchema, ["status", "intervalMs"]);

export function createGroupHosts({ staleSpareMs, goneMs }: GroupPatience): GroupHosts {
  const hosts = new Map<string, OtherHost>();
  const states = new WeakMap<OtherHost["parts"], { sample: unknown; state: State | null }>();

  /** Made when somebody asks, and kept until it changes. */
  function stateFor(host: OtherHost): State | null {
    const kept = states.get(host.parts);
    if (kept !== undefined && kept.sample === host.sample) return kept.state;
    const state = stateOf(host);
    states.set(host.parts, { sample: host.sample, state });
    return state;
  }

  function takeWhole(entry: Whole, known: OtherHost | undefined, heardMs: number, seenAt: number): Outcome {
    if (hosts.size >= MOST_HOSTS && known === undefined) return "full";
    const parts = v.safeParse(partsSchema, entry.parts);
    if (!parts.success) return "old";
    const { host: id, name, address, boot, bootAt, n, gpus } = entry;
    const said = { id, name, address, boot, bootAt, n, gpus, parts: parts.output, sample: null };
    // What stands kept is older than what was heard since.
    const last = {
      heardMs: Math.max(heardMs, known?.heardMs ?? heardMs),
      seenAt: Math.max(seenAt, known?.seenAt ?? 0),
    };
    const heardN = known?.boot === boot ? Math.max(n, known.heardN) : n;
    hosts.set(id, { ...said, heardN, intervalMs: intervalOf(parts.output), ...last });
    return "accepted";
  }

  function takeTurn(entry: TurnEntry, known: OtherHost, heardMs: number, seenAt: number): Outcome {
    const isNew = entry.n > known.heardN;
    const news = isNew ? { heardN: entry.n, heardMs, seenAt, sample: entry.sample ?? known.sample } : {};
    const isNext = entry.n === known.n + 1;
    const { changes } = entry;
    const parts = !isNext ? null : changes === undefined ? known.parts : applyChanges(known.parts, changes);
    if (parts === null) {
      hosts.set(entry.host, { ...known, ...news });
      return isNew ? "behind" : "old";
    }
    const sample = entry.sample ?? known.sample;
    hosts.set(entry.host, { ...known, sample, ...news, n: entry.n, parts, intervalMs: intervalOf(parts) });
    return "accepted";
  }

  function statusOf(host: OtherHost, nowMs: number): HostOfGroup["status"] {
    if (nowMs - host.heardMs > 3 * host.intervalMs + staleSpareMs) return "stale";
    const source = v.safeParse(sourceOf, host.parts.source);
    return source.success ? source.output.status : "stale";
  }

  return {
    take(entry, ageMs, nowMs, wallMs) {
      if (Math.abs(entry.at - wallMs) > CLOCK_MS) return "clock";
      const known = hosts.get(entry.host);
      const isSame = known?.boot === entry.boot;
      // Of an earlier run, or said before: a late answer of Redis, or somebody who repeats what he has read.
      if (known !== undefined && (isSame ? entry.n <= known.n : entry.bootAt < known.bootAt)) return "old";
      const [heardMs, seenAt] = [nowMs - ageMs, wallMs - Math.round(ageMs)];
      if (entry.kind === "whole") return takeWhole(entry, known, heardMs, seenAt);
      return isSame && known !== undefined ? takeTurn(entry, known, heardMs, seenAt) : "behind";
    },
    list: (nowMs) =>
      [...hosts.values()]
        .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }) || a.id.localeCompare(b.id))
        .map((host) => ({
          ...{ id: host.id, name: host.name, address: host.address },
          ...{ status: statusOf(host, nowMs), seenAt: host.seenAt, state: stateFor(host) },
        })),
    find: (id) => hosts.get(id),
    all: () => hosts.values(),
    statusOf,
    forgetGone(nowMs, sinceMs) {
      const gone = [...hosts.values()].filter(({ heardMs }) => nowMs - Math.max(heardMs, sinceMs) > goneMs);
      for (const { id } of gone) hosts.delete(id);
      return gone.length > 0;
    },
  };
}

function intervalOf(parts: Published["parts"]): number {
  const source = v.safeParse(sourceOf, parts.source);
  return source.success ? Math.min(60_000, Math.max(0, source.output.intervalMs)) : 1000;
}
