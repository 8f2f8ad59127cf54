import { randomUUID } from "node:crypto";
import type { Job } from "../../shared/jobs/job.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { JobBody } from "../../shared/protocol/job-requests.ts";
import { type Reply, refuse } from "../../shared/protocol/reply.ts";

/** What came of asking a host. */
export type Asked<T> =
  | { kind: "answered"; reply: Reply<T> }
  /** It was certainly not done. */
  | { kind: "unreachable"; problem: Problem }
  /** It may have been done. */
  | { kind: "silent"; problem: Problem };

export interface Placed {
  host: string;
  reply: Reply<Job>;
}

/** Finds a host for a job. Whether there is room each host decides itself, so that none is promised too much. */
export interface Placement {
  /** @param candidates ids of hosts, in the order in which they are asked */
  place(body: JobBody, candidates: readonly string[], asker: string): Promise<Placed>;
}

/** Refusals that say that there is no room now: the job may wait. */
const NOT_NOW = ["no-room", "outranked", "list-needed", "list-awaited", "starts-alone", "not-sampling"];
const MOST_REMEMBERED = 10_000;
/** An answer that was lost may be that of a job, which lives for its time-to-live and a while longer. */
const SPARE_MS = 60_000;

interface Remembered {
  /** Where the job is, or may be; `null`: it is being asked for. */
  host: string | null;
  untilMs: number;
  placing: Promise<Placed>;
}

export function createPlacement({
  ask,
  nowMs,
}: {
  ask(host: string, body: JobBody, asker: string): Promise<Asked<Job>>;
  nowMs(): number;
}): Placement {
  const remembered = new Map<string, Remembered>();

  /** Asks each whether there is room now, and where there is none has it wait where it might. */
  async function search(
    body: JobBody,
    candidates: readonly string[],
    asker: string,
  ): Promise<Placed & { isUsed: boolean }> {
    let waits: Placed | null = null;
    let refused: Placed | null = null;
    for (const host of candidates) {
      const asked = await ask(host, candidates.length === 1 ? body : { ...body, wait: false }, asker);
      if (asked.kind === "silent") return { host, reply: refuse(asked.problem), isUsed: true };
      const reply = asked.kind === "answered" ? asked.reply : refuse(asked.problem);
      if (reply.ok) return { host, reply, isUsed: true };
      if (NOT_NOW.includes(reply.code)) waits ??= { host, reply };
      else refused ??= { host, reply };
    }
    if (waits === null || !body.wait || candidates.length === 1)
      return { ...(waits ?? refused ?? { host: "", reply: refuse(problem("no-host")) }), isUsed: false };
    const asked = await ask(waits.host, body, asker);
    const reply = asked.kind === "answered" ? asked.reply : refuse(asked.problem);
    return { host: waits.host, reply, isUsed: reply.ok || asked.kind === "silent" };
  }

  function forgetOld() {
    for (const [id, { untilMs, host }] of remembered) {
      if (remembered.size < MOST_REMEMBERED && (host === null || nowMs() <= untilMs)) break;
      remembered.delete(id);
    }
  }

  return {
    place(given, candidates, asker) {
      const requestId = given.requestId ?? randomUUID();
      const body = { ...given, requestId };
      const known = remembered.get(requestId);
      const isKnown = known !== undefined && (known.host === null || nowMs() <= known.untilMs);
      // The same again while it is being asked for is the same question; afterwards its host says what became of it.
      if (isKnown && known.host === null) return known.placing;
      const asks = isKnown && known.host !== null ? [known.host] : candidates;
      const placing = search(body, asks, asker).then(({ isUsed, ...placed }) => {
        const untilMs = nowMs() + body.ttlSeconds * 1000 + SPARE_MS;
        // A host that is away may still have it: until its time is over, nobody else gets it.
        const host = isUsed ? placed.host : isKnown && isAway(placed.reply) ? known.host : null;
        remembered.delete(requestId);
        if (host !== null)
          remembered.set(requestId, {
            host,
            untilMs: isUsed ? untilMs : (known?.untilMs ?? untilMs),
            placing,
          });
        return placed;
      });
      forgetOld();
      remembered.delete(requestId);
      remembered.set(requestId, { host: null, untilMs: Number.POSITIVE_INFINITY, placing });
      return placing;
    },
  };
}

const isAway = (reply: Reply<Job>) =>
  !reply.ok && ["host-unreachable", "host-unknown", "host-silent"].includes(reply.code);
