import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Asked, createPlacement } from "../../../../server/group/placement.ts";
import type { Job } from "../../../../shared/jobs/job.ts";
import { problem } from "../../../../shared/problems/make-problem.ts";
import type { JobBody } from "../../../../shared/protocol/job-requests.ts";
import { refuse, succeed } from "../../../../shared/protocol/reply.ts";

const WISH: JobBody = { peakMiB: 1000, started: false, ttlSeconds: 60, wait: false };
const gone = problem("host-unreachable", { name: "x", address: "", detail: "" });
const silent = problem("host-silent", { name: "x", detail: "" });

function jobOf(id: string): Job {
  return {
    ...{ id, label: "job", profile: null, state: "running", gpus: [0], gpuCount: 1, peakMiB: 1000 },
    ...{ backend: null, pid: null, phase: null, requestedBy: "me", requestedAt: 0, startedAt: 0 },
    ...{ endedAt: null, expiresAt: 0, position: null, startsAt: null, endsAt: null },
  };
}

/** Hosts with so many places each, which answer, lose their answers, or are away. */
function simulated(places: Readonly<Record<string, number>>) {
  const jobs = new Map<string, string[]>(Object.keys(places).map((host) => [host, []]));
  let mood: (host: string) => "answers" | "loses" | "away" = () => "answers";
  let nowMs = 0;
  const placement = createPlacement({
    nowMs: () => nowMs,
    async ask(host, { requestId = "" }): Promise<Asked<Job>> {
      const feels = mood(host);
      if (feels === "away") return { kind: "unreachable", problem: gone };
      const held = jobs.get(host) ?? [];
      const isThere = held.includes(requestId);
      const hasRoom = held.length < (places[host] ?? 0);
      if (!isThere && hasRoom) held.push(requestId);
      if (feels === "loses") return { kind: "silent", problem: silent };
      const isIn = isThere || hasRoom;
      return { kind: "answered", reply: isIn ? succeed(jobOf(requestId)) : refuse(problem("no-room")) };
    },
  });
  return {
    jobs,
    place: (requestId: string) => placement.place({ ...WISH, requestId }, Object.keys(places), "me"),
    feel: (next: typeof mood) => {
      mood = next;
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe("a job that may run anywhere", () => {
  test("GRP-10b a host whose answer was lost is asked again, and no other, until its job would have died", async () => {
    const { place, feel, jobs, pass } = simulated({ a: 1, b: 1 });
    feel(() => "loses");
    expect((await place("one")).reply).toMatchObject({ code: "host-silent" });
    feel((host) => (host === "a" ? "away" : "answers"));
    expect((await place("one")).reply).toMatchObject({ code: "host-unreachable" });
    expect(jobs.get("b")).toEqual([]);
    feel(() => "answers");
    expect(await place("one")).toMatchObject({ host: "a", reply: { ok: true } });
    feel((host) => (host === "a" ? "away" : "answers"));
    pass(10 * 60_000);
    expect(await place("one")).toMatchObject({ host: "b", reply: { ok: true } });
  });

  test("GRP-10b a host that was not there has nothing, and the next one is asked", async () => {
    const { place, feel } = simulated({ a: 1, b: 1 });
    feel((host) => (host === "a" ? "away" : "answers"));
    expect(await place("one")).toMatchObject({ host: "b", reply: { ok: true } });
    feel(() => "answers");
    expect(await place("one")).toMatchObject({ host: "b", reply: { ok: true } });
  });

  test("GRP-10 GRP-10b however answers are lost and hosts go away, no job is on two hosts, and none is told to run that does not", async () => {
    const mood = fc.constantFrom("answers", "answers", "loses", "away");
    const round = fc.record({ id: fc.nat(11), a: mood, b: mood, c: mood });
    await fc.assert(
      fc.asyncProperty(fc.array(round, { maxLength: 60 }), async (rounds) => {
        const sim = simulated({ a: 3, b: 2, c: 4 });
        for (const { id, ...moods } of rounds) {
          sim.feel((host) => (host === "a" ? moods.a : host === "b" ? moods.b : moods.c));
          const [one, same] = await Promise.all([sim.place(`${id}`), sim.place(`${id}`)]);
          expect(same).toEqual(one);
          if (one.reply.ok) expect(sim.jobs.get(one.host)).toContain(`${id}`);
          const all = [...sim.jobs.values()].flat();
          expect(new Set(all).size).toBe(all.length);
        }
      }),
    );
  });
});
