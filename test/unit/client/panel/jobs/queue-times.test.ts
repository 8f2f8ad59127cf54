import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expectTimes } from "../../../../../client/panel/jobs/queue-times.ts";
import { BUILT_IN_PROFILES } from "../../../../../shared/capacity/built-in-profiles.ts";
import type { Job } from "../../../../../shared/capacity/job.ts";
import type { Profile } from "../../../../../shared/capacity/profile.ts";

const [first] = BUILT_IN_PROFILES;
if (first === undefined) throw new Error("no profile");
const profiles: Profile[] = [
  { ...first, id: "short", seconds: 60 },
  { ...first, id: "long", seconds: 600 },
  { ...first, id: "unknown", seconds: null },
];
const NOW = 1_800_000_000_000;

const job = (id: string, more: Partial<Job>): Job => ({
  id,
  label: id,
  profile: "short",
  state: "waiting",
  gpus: [],
  gpuCount: 1,
  peakMiB: 20_000,
  backend: null,
  pid: null,
  phase: null,
  requestedBy: "test",
  requestedAt: NOW,
  startedAt: null,
  endedAt: null,
  expiresAt: NOW + 60_000,
  position: null,
  ...more,
});
const running = (id: string, agoS: number, more: Partial<Job> = {}) =>
  job(id, { state: "running", gpus: [0], startedAt: NOW - agoS * 1000, ...more });

const profileId = fc.constantFrom("short", "long", "unknown", null);
const jobs = fc
  .record({
    running: fc.array(fc.record({ profile: profileId, agoS: fc.integer({ min: 0, max: 900 }) }), {
      maxLength: 3,
    }),
    waiting: fc.array(fc.record({ profile: profileId, gpuCount: fc.integer({ min: 1, max: 3 }) }), {
      maxLength: 6,
    }),
  })
  .map((all) => [
    ...all.running.map(({ profile, agoS }, i) => running(`r${i}`, agoS, { profile, gpus: [i] })),
    ...all.waiting.map(({ profile, gpuCount }, i) => job(`w${i}`, { profile, gpuCount, position: i + 1 })),
  ]);
const rooms = fc
  .array(fc.option(fc.integer({ min: -1000, max: 45_000 }), { freq: 12 }), { minLength: 3, maxLength: 3 })
  .map((all) => all.map((availableMiB, index) => ({ index, availableMiB })));

describe("when jobs start and end", () => {
  test("PNL-24 nothing starts or ends in the past, nothing before it starts, and an earlier job never after a later one", () => {
    fc.assert(
      fc.property(jobs, rooms, (all, left) => {
        const times = expectTimes(all, profiles, left, NOW);
        let before = NOW;
        let unknownBefore = false;
        for (const { id, state } of all) {
          const { startsAt, endsAt } = times.get(id) ?? {};
          if (endsAt != null) expect(endsAt).toBeGreaterThanOrEqual(Math.max(NOW, startsAt ?? 0));
          if (state === "running") continue;
          if (startsAt == null) unknownBefore = true;
          else {
            expect(unknownBefore).toBe(false);
            expect(startsAt).toBeGreaterThanOrEqual(before);
            before = startsAt;
          }
        }
        expect(times.size).toBe(all.length);
      }),
    );
  });

  test("PNL-24 what waits for a job of unknown duration, or for one that is overdue, starts nobody knows when", () => {
    const full = [{ index: 0, availableMiB: 0 }];
    const waits = job("next", { position: 1 });
    expect(expectTimes([running("a", 20), waits], profiles, full, NOW).get("next")).toMatchObject({
      startsAt: NOW + 40_000,
      endsAt: NOW + 100_000,
    });
    expect(
      expectTimes([running("a", 20, { profile: "unknown" }), waits], profiles, full, NOW).get("next"),
    ).toMatchObject({ startsAt: null, endsAt: null });
    const late = expectTimes([running("a", 61), waits], profiles, full, NOW);
    expect(late.get("a")).toMatchObject({ endsAt: null, isOver: true });
    expect(late.get("next")).toMatchObject({ startsAt: null });
    const unknown = [{ index: 0, availableMiB: null }];
    expect(expectTimes([running("a", 20), waits], profiles, unknown, NOW).get("next")).toMatchObject({
      startsAt: null,
    });
  });

  test("PNL-24 a job on two GPUs starts when both have room, the next behind it", () => {
    const all = [
      running("a", 0, { gpus: [0] }),
      running("b", 0, { gpus: [1], profile: "long" }),
      job("two", { position: 1, gpuCount: 2 }),
      job("after", { position: 2 }),
    ];
    const full = [0, 1].map((index) => ({ index, availableMiB: 1000 }));
    const times = expectTimes(all, profiles, full, NOW);
    expect(times.get("two")).toMatchObject({ startsAt: NOW + 600_000, endsAt: NOW + 660_000 });
    expect(times.get("after")).toMatchObject({ startsAt: NOW + 660_000 });
  });

  test("PNL-24 jobs of the kind that ended well here say how long one takes, whatever was published", () => {
    const done = (id: string, seconds: number, state: Job["state"] = "done") =>
      job(id, { state, startedAt: NOW - 1_000_000, endedAt: NOW - 1_000_000 + seconds * 1000 });
    const all = [running("a", 20), done("x", 80), done("y", 200), done("z", 90), done("bad", 1, "failed")];
    const times = expectTimes(all, profiles, [{ index: 0, availableMiB: 0 }], NOW);
    expect(times.get("a")).toMatchObject({ endsAt: NOW + 70_000 });
    expect(times.size).toBe(1);
  });
});
