import { randomUUID } from "node:crypto";
import * as v from "valibot";
import { type Job, jobSchema } from "../../shared/jobs/job.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { HostOfGroup } from "../../shared/protocol/host-of-group.ts";
import type { FitQuery, JobBody } from "../../shared/protocol/job-requests.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import type { Release } from "../../shared/release/release.ts";
import { type FitAnswer, fitSchema } from "../http/openapi/fit-schema.ts";
import type { ReleaseDemand } from "../release/targets.ts";
import type { Passed, PassOn, Target } from "./pass-on.ts";
import { type Asked, createPlacement, type Placement } from "./placement.ts";

/** The host on which something was done. */
export type Where = Pick<HostOfGroup, "id" | "name" | "address">;
/** A job, and on which host of the group it is. */
export type PlacedJob = Job & { host?: Where };
/** What each host says of one kind of job, and the answer of the best. */
export type GroupFit = FitAnswer & { host: Where; hosts: (Where & Pick<FitAnswer, "fits" | "canStart">)[] };

/** What is asked of other hosts: passed on to their own sidecars, where it is decided. */
export interface Elsewhere {
  /** Is this another host than the own one? */
  isOther(host: string): boolean;
  release(host: string, demand: Omit<ReleaseDemand, "requestedBy">): Promise<Reply<{ id: string }>>;
  /** A release of another host, as it was told last; `null`: none is known by that id. */
  findRelease(id: string): Release | null;
  /** `null`: none is known by that id. */
  cancelRelease(id: string): Promise<Reply<{ id: string }>> | null;
  requestJob(body: JobBody, where: { host: string } | "anywhere", asker: string): Promise<Reply<PlacedJob>>;
  /** Asks the host that has this job; `null`: none is known to have it. */
  ofJob(
    id: string,
    method: "GET" | "PATCH" | "DELETE",
    path: string,
    body?: object,
  ): Promise<Reply<PlacedJob>> | null;
  fitAnywhere(query: FitQuery, asker: string): Promise<Reply<GroupFit>>;
}

export interface ElsewhereContext {
  own: Where;
  /** All that are shown, the own one among them if it has GPUs. */
  hosts(): readonly HostOfGroup[];
  /** Where requests for a host go; a refusal: there is none, or no secret to sign with. */
  targetOf(host: HostOfGroup): Reply<Target>;
  passOn: PassOn["pass"];
  /** What the own host says to the same. */
  ownJobs: { request(body: JobBody, asker: string): Promise<Reply<Job>> };
  ownFit(query: FitQuery, asker: string): Promise<Reply<FitAnswer>>;
  nowMs(): number;
}

const idSchema = v.object({ id: v.string() });
const MOST_REMEMBERED = 10_000;

/** The last ones that were noted, and no more. */
function createShortMemory(): Pick<Map<string, string>, "get" | "set"> {
  const kept = new Map<string, string>();
  return {
    get: (key) => kept.get(key),
    set(key, value) {
      kept.delete(key);
      kept.set(key, value);
      const [oldest] = kept.keys();
      if (kept.size > MOST_REMEMBERED && oldest !== undefined) kept.delete(oldest);
      return kept;
    },
  };
}

export function createElsewhere(context: ElsewhereContext): Elsewhere {
  const { own, hosts } = context;
  /** Which host has a job that was asked for here. */
  const hostOfJob = createShortMemory();
  /** Names of those that something was passed on to: one that is gone from the group may come back. */
  const names = createShortMemory();
  const find = (id: string) => hosts().find((host) => host.id === id);

  function missing(id: string): Problem {
    const name = names.get(id);
    if (name === undefined) return problem("host-unknown", { host: id });
    return problem("host-unreachable", { name, address: "—", detail: "nothing is heard of it any more" });
  }

  async function pass(
    id: string,
    ...request: [method: string, path: string, body?: object]
  ): Promise<Passed> {
    const host = find(id);
    if (host === undefined) return { kind: "unreachable", problem: missing(id) };
    names.set(id, host.name);
    const target = context.targetOf(host);
    return target.ok ? context.passOn(target.data, ...request) : { kind: "unreachable", problem: target };
  }

  async function ask<T>(
    schema: v.GenericSchema<unknown, T>,
    ...to: Parameters<typeof pass>
  ): Promise<Asked<T>> {
    const passed = await pass(...to);
    if (passed.kind !== "answered") return passed;
    const { reply } = passed;
    if (!reply.ok) return { kind: "answered", reply };
    const parsed = v.safeParse(schema, reply.data);
    const name = find(to[0])?.name ?? to[0];
    const strange = () => refuse(problem("host-answer", { name, status: 200 }));
    return { kind: "answered", reply: parsed.success ? succeed(parsed.output) : strange() };
  }

  async function askJob(host: string, body: JobBody, asker: string): Promise<Asked<Job>> {
    if (host === own.id) return { kind: "answered", reply: await context.ownJobs.request(body, asker) };
    // Who takes turns there with whom: not all that this host passes on are one.
    return ask(jobSchema, host, "POST", "api/v1/jobs", { ...body, asker: body.asker ?? asker });
  }

  const placement: Placement = createPlacement({ ask: askJob, nowMs: context.nowMs });

  function whereOf(id: string): Where {
    const { name, address } = find(id) ?? { name: id, address: "" };
    return { id, name, address };
  }

  const others = () => hosts().filter(({ id }) => id !== own.id);
  const withRelease = (id: string) => others().find(({ state }) => state?.release.id === id);

  return {
    isOther: (host) => host !== own.id,
    async release(host, demand) {
      const requestId = demand.requestId ?? randomUUID();
      return replyOf(await ask(idSchema, host, "POST", "api/v1/release", { ...demand, requestId }));
    },
    findRelease: (id) => withRelease(id)?.state?.release ?? null,
    cancelRelease(id) {
      const host = withRelease(id);
      return host === undefined
        ? null
        : ask(idSchema, host.id, "DELETE", `api/v1/release/${id}`).then(replyOf);
    },
    async requestJob(body, where, asker) {
      const candidates = where === "anywhere" ? byRoom(hosts(), body) : [where.host];
      const placed = await placement.place(body, candidates, asker);
      if (!placed.reply.ok) return placed.reply;
      hostOfJob.set(placed.reply.data.id, placed.host);
      return succeed({ ...placed.reply.data, host: whereOf(placed.host) });
    },
    ofJob(id, method, path, body) {
      const told = () => others().find(({ state }) => state?.jobs.some((job) => job.id === id))?.id;
      const host = hostOfJob.get(id) ?? told();
      if (host === undefined || host === own.id) return null;
      return ask(jobSchema, host, method, `api/v1/jobs/${id}${path}`, body).then((asked) => {
        const reply = replyOf(asked);
        return reply.ok ? succeed({ ...reply.data, host: whereOf(host) }) : reply;
      });
    },
    async fitAnywhere(query, asker) {
      const path = `api/v1/fit?${searchOf(query)}`;
      const ofHost = async (id: string) =>
        id === own.id ? context.ownFit(query, asker) : replyOf(await ask(fitSchema, id, "GET", path));
      const live = hosts().filter(({ status }) => status === "live");
      const asked = await Promise.all(live.map(async ({ id }) => ({ id, reply: await ofHost(id) })));
      return bestOf(asked, whereOf);
    },
  };
}

function searchOf(query: FitQuery): URLSearchParams {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    search.set(key, typeof value === "object" ? JSON.stringify(value) : String(value));
  return search;
}

/** The first that fits; where none does, the one that lacks least. */
function bestOf(
  asked: readonly { id: string; reply: Reply<FitAnswer> }[],
  whereOf: (id: string) => Where,
): Reply<GroupFit> {
  const answers = asked.flatMap(({ id, reply }) => (reply.ok ? [{ id, fit: reply.data }] : []));
  const score = ({ fit }: (typeof answers)[number]) => (fit.fits === true ? (fit.canStart ?? 1) : 0);
  const [best] = answers.toSorted(
    (a, b) => score(b) - score(a) || (a.fit.missingMiB ?? 0) - (b.fit.missingMiB ?? 0),
  );
  const refused = asked.find(({ reply }) => !reply.ok)?.reply;
  if (best === undefined) return refused?.ok === false ? refused : refuse(problem("no-host"));
  const hosts = answers.map(({ id, fit: { fits, canStart } }) => ({ ...whereOf(id), fits, canStart }));
  return succeed({ ...best.fit, host: whereOf(best.id), hosts });
}

/** Live hosts, those with most room for such a job first. */
function byRoom(hosts: readonly HostOfGroup[], { profile, gpus = 1 }: JobBody): string[] {
  const roomOf = ({ state }: HostOfGroup) => {
    if (state === null || state.gpus.length < gpus) return [-1, 0] as const;
    const canStart = profile === undefined ? 0 : (state.fits[profile]?.canStart ?? 0);
    const free = state.gpus.map((gpu, i) => (gpu.memoryFreeMiB ?? 0) - (state.promises[i]?.promisedMiB ?? 0));
    return [canStart, Math.max(0, ...free)] as const;
  };
  return hosts
    .filter(({ status }) => status === "live")
    .map((host) => ({ id: host.id, room: roomOf(host) }))
    .sort((a, b) => b.room[0] - a.room[0] || b.room[1] - a.room[1])
    .map(({ id }) => id);
}

const replyOf = <T>(asked: Asked<T>): Reply<T> =>
  asked.kind === "answered" ? asked.reply : refuse(asked.problem);
