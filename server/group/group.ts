import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { GroupView } from "../../shared/protocol/group-view.ts";
import type { HostOfGroup } from "../../shared/protocol/host-of-group.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import { createEmitter } from "../lib/emitter.ts";
import type { GroupTimings } from "../timings.ts";
import { type SealedEntry, seal, unseal } from "./entry.ts";
import { createGroupHosts } from "./group-hosts.ts";
import { createOwnTurns, type OwnHost, type OwnTurns, type OwnTurnsContext } from "./own-turns.ts";
import type { Target } from "./pass-on.ts";
import { createRedisLink, type RedisLinkContext } from "./redis-link.ts";
import { redisProblem } from "./redis-trouble.ts";

/** The hosts that this sidecar shows, its own among them. */
export interface Group {
  /** What this sidecar is called; `null`: it shows itself alone. */
  readonly name: string | null;
  readonly own: OwnHost;
  view(): GroupView;
  /** Where requests for another host go; a refusal: there is no secret to sign them with. */
  targetOf(host: HostOfGroup): Reply<Target>;
  /** Takes what viewers of here were told, on its way to the others; `null`: nobody is told. */
  turns: Pick<OwnTurns, "turn" | "anew"> | null;
  /** Something of the others has changed. */
  onChange(listener: () => void): () => void;
  start(): void;
  close(): Promise<void>;
}

export interface GroupContext extends Pick<OwnTurnsContext, "gpus" | "capacity"> {
  own: OwnHost;
  /** Its state as the others see it; `null`: it has no GPU of its own and is not shown. */
  ownHost(): HostOfGroup | null;
  /** False: it has no GPU of its own, and tells the others nothing. */
  shows: boolean;
  /** Where the others are found. */
  redis: { url: string; group: string; secret: string | null };
  complain(message: string): void;
  nowMs(): number;
  wallMs(): number;
  timings: GroupTimings;
}

/** A group whose hosts publish in Redis what they see. */
export function createRedisGroup(context: GroupContext): Group {
  const { own, ownHost, redis, nowMs, wallMs, timings } = context;
  const { group, secret } = redis;
  const hosts = createGroupHosts(timings);
  const changes = createEmitter<void>();
  const tellOnce = createOnce(context.complain);
  let away: string | null = NOT_YET;
  /** Redis is there and takes nothing: the others hear nothing of this host. */
  let refuses: string | null = null;
  let hearsSinceMs = nowMs();
  let readAgainAtMs = Number.NEGATIVE_INFINITY;
  let beat: NodeJS.Timeout | undefined;

  const link = createRedisLink({
    ...{ url: redis.url, group, own: own.id, timings, heard, status },
    lost: () => turns.lost(),
    written,
  } satisfies RedisLinkContext);
  const turns = createOwnTurns({
    ...context,
    send: (entry) => link.send(seal(entry, group, secret), entry.kind === "whole"),
  });

  function heard(sealed: SealedEntry, ageMs: number) {
    const entry = unseal(sealed, group, secret);
    if (entry === null) return tellOnce(problem("group-stranger", { group }));
    if (entry.host === own.id) {
      // A run before this one may have ended just now.
      if (entry.boot !== own.boot && entry.bootAt > own.bootAt)
        tellOnce(problem("group-twin", { name: own.name }));
      return;
    }
    const outcome = hosts.take(entry, ageMs, nowMs(), wallMs());
    const name = entry.kind === "whole" ? entry.name : (hosts.find(entry.host)?.name ?? entry.host);
    if (outcome === "clock" && ageMs < timings.staleSpareMs) tellOnce(problem("group-clock", { name }));
    if (outcome === "behind" && nowMs() - readAgainAtMs > timings.staleSpareMs) {
      readAgainAtMs = nowMs();
      link.readAgain();
    }
    if (outcome === "accepted" || outcome === "behind") changes.emit();
  }

  function status(reason: string | null) {
    if (reason === null && away !== null) hearsSinceMs = nowMs();
    if (reason !== null && (away === null || away === NOT_YET))
      context.complain(withAdvice(redisProblem(reason)));
    if (reason === away) return;
    away = reason;
    changes.emit();
  }

  function written(reason: string | null) {
    if (reason === refuses) return;
    refuses = reason;
    if (reason !== null) tellOnce(redisProblem(reason));
    changes.emit();
  }

  return {
    name: group,
    own,
    targetOf: ({ id, name, address }) =>
      secret === null || address === ""
        ? refuse(problem("not-passed-on", { name }))
        : succeed({ id, name, address, secret, isPeer: false }),
    turns: context.shows ? turns : null,
    view() {
      const mine = ownHost();
      const others = hosts.list(nowMs());
      const wrong = away ?? refuses;
      return {
        group,
        problem: wrong === null ? null : redisProblem(wrong),
        hosts: mine === null ? others : [mine, ...others],
      };
    },
    onChange: changes.subscribe,
    start() {
      link.start();
      beat = setInterval(() => {
        if (context.shows) turns.beat();
        if (away === null && hosts.forgetGone(nowMs(), hearsSinceMs)) changes.emit();
      }, timings.beatMs);
    },
    async close() {
      clearInterval(beat);
      await link.close();
    },
  };
}

const NOT_YET = "not connected yet";
const withAdvice = ({ message, advice }: Problem) => `${message} ${advice}`;

/** Says each problem once: what comes from outside must not fill the terminal. */
function createOnce(complain: (message: string) => void): (problem: Problem) => void {
  const told = new Set<string>();
  return (what) => {
    const text = withAdvice(what).replace(/\p{Cc}/gu, "?");
    if (told.has(text) || told.size >= MOST_TOLD) return;
    told.add(text);
    complain(text);
  };
}
const MOST_TOLD = 20;
