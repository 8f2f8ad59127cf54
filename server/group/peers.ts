import * as v from "valibot";
import { problem } from "../../shared/problems/make-problem.ts";
import { groupViewSchema } from "../../shared/protocol/group-view.ts";
import type { HostOfGroup } from "../../shared/protocol/host-of-group.ts";
import { refuse, succeed } from "../../shared/protocol/reply.ts";
import type { Peer } from "../config/group-options.ts";
import { createEmitter } from "../lib/emitter.ts";
import type { GroupTimings } from "../timings.ts";
import type { Group, GroupContext } from "./group.ts";

/** What a peer said last. */
interface Heard {
  host: HostOfGroup;
  heardMs: number;
  seenAt: number;
}

export interface PeersContext extends Pick<GroupContext, "own" | "ownHost" | "nowMs" | "wallMs"> {
  peers: readonly Peer[];
  timings: GroupTimings;
}

/** Two or three machines without a Redis: each peer's panel is asked for its state, again and again. */
export function createPeersGroup({ own, ownHost, peers, nowMs, wallMs, timings }: PeersContext): Group {
  const heard = new Map<string, Heard>();
  const changes = createEmitter<void>();
  const ended = new AbortController();
  const asking = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  async function ask({ url }: Peer) {
    if (asking.has(url)) return;
    asking.add(url);
    try {
      const host = await stateAt(url, AbortSignal.any([ended.signal, AbortSignal.timeout(timings.peerMs)]));
      if (host !== null) heard.set(url, { host, heardMs: nowMs(), seenAt: wallMs() });
    } finally {
      asking.delete(url);
      if (!ended.signal.aborted) changes.emit();
    }
  }

  function hostOf({ url }: Peer): HostOfGroup {
    const last = heard.get(url);
    const silentMs = nowMs() - (last?.heardMs ?? Number.NEGATIVE_INFINITY);
    const unreachable = { status: "unreachable" as const, state: null };
    if (last === undefined)
      return { id: idOf(url), name: new URL(url).host, address: url, seenAt: null, ...unreachable };
    const known = { ...last.host, address: url, seenAt: last.seenAt };
    if (silentMs > timings.goneMs) return { ...known, ...unreachable };
    const patienceMs = 3 * (last.host.state?.source.intervalMs ?? 1000) + timings.staleSpareMs;
    return silentMs > patienceMs ? { ...known, status: "stale" } : known;
  }

  return {
    name: "peers",
    own,
    targetOf({ id, name, address }) {
      const secret = peers.find(({ url }) => url === address)?.token;
      if (secret === undefined) return refuse(problem("not-passed-on", { name }));
      return succeed({ id, name, address, secret, isPeer: true });
    },
    turns: null,
    view() {
      const mine = ownHost();
      const others = peers.map(hostOf);
      const silent = others.filter(({ status }) => status === "unreachable").map(({ name }) => name);
      return {
        group: "peers",
        problem: silent.length === 0 ? null : problem("peer-away", { name: silent.join(", ") }),
        hosts: mine === null ? others : [mine, ...others],
      };
    },
    onChange: changes.subscribe,
    start() {
      const askAll = () => {
        for (const peer of peers) void ask(peer);
      };
      askAll();
      timer = setInterval(askAll, timings.beatMs);
    },
    async close() {
      clearInterval(timer);
      ended.abort();
    },
  };
}

const idOf = (url: string) => new URL(url).host.replace(/[^\w.-]+/g, "-");

/** The host whose panel answers there; `null`: none does, or something else. */
async function stateAt(url: string, signal: AbortSignal): Promise<HostOfGroup | null> {
  try {
    const response = await fetch(new URL("api/v1/group", url.endsWith("/") ? url : `${url}/`), {
      signal,
      redirect: "error",
    });
    const parsed = v.safeParse(groupViewSchema, await response.json());
    return parsed.success ? (parsed.output.hosts[0] ?? null) : null;
  } catch {
    return null;
  }
}
