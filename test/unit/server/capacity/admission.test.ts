import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import {
  admit,
  expire,
  finish,
  heartbeat,
  MOST_ENDED,
  MOST_UNFINISHED,
  prune,
  type Records,
  request,
  revive,
} from "../../../../server/capacity/admission.ts";
import { mostRoom } from "../../../../server/capacity/job-figures.ts";
import { isUnfinished, jobRecordSchema } from "../../../../server/capacity/job-record.ts";
import { neverFits } from "../../../../server/capacity/never-fits.ts";
import { LENT_MS, PASSED_MS } from "../../../../server/capacity/queue.ts";
import { numRuns } from "../../../helpers/seeds.ts";
import {
  committedMiB,
  having,
  onGpu,
  runningIds,
  seen,
  type Telling,
  type TrueGpu,
  waitingIds,
  wishOf,
} from "./machine.ts";

const card = (totalMiB: number, othersMiB = 0): TrueGpu => ({ totalMiB, reserveMiB: 1000, othersMiB });
const empty = (gpus: readonly TrueGpu[], telling: Telling = "process") => seen(gpus, [], new Map(), telling);
const jobOf = (records: Records, id: string) => records.find(({ job }) => job.id === id)?.job;

describe("a job that asks to start", () => {
  test("CAP-20 runs where its whole peak has room beside promises and reserve, to the MiB, and waits otherwise", () => {
    const gpus = empty([card(11_000)]);
    expect(runningIds(having(gpus, wishOf("a", 10_000)))).toEqual(["a"]);
    const records = having(gpus, wishOf("a", 6000), wishOf("b", 4001), wishOf("c", 4000));
    expect([runningIds(records), waitingIds(records)]).toEqual([["a", "c"], ["b"]]);
    expect(jobOf(records, "b")).toMatchObject({
      position: 1,
      gpus: [],
      reason: {
        code: "job-no-room",
        params: { gpu: 0, missing: 1, free: 11_000, promised: 6000, reserve: 1000 },
      },
    });
  });

  test("CAP-20 on k GPUs at once: all of them or none, on those that it may use, and first where fewest run", () => {
    const gpus = empty([card(24_000), card(24_000), card(48_000)]);
    const wide = having(gpus, wishOf("wide", 20_000, { gpuCount: 2 }));
    expect(jobOf(wide, "wide")?.gpus).toEqual([0, 2]);
    const second = request(wide, wishOf("two", 20_000, { gpuCount: 2 }), gpus, 0).records;
    expect(jobOf(second, "two")?.gpus).toEqual([1, 2]);
    const third = request(second, wishOf("three", 3000, { gpuCount: 3 }), gpus, 0).records;
    expect(jobOf(third, "three")?.gpus).toEqual([0, 1, 2]);
    const tied = request(wide, wishOf("tied", 1000, { allowed: [0] }), gpus, 0).records;
    expect(jobOf(tied, "tied")?.gpus).toEqual([0]);
    expect(jobOf(having(gpus, wishOf("whole", 30_000, { gpuCount: 1 })), "whole")?.gpus).toEqual([2]);
  });

  test("CAP-23 what can never fit is refused, with what is missing where it fits next to best", () => {
    const gpus = empty([card(24_000), card(48_000)]);
    expect(neverFits(wishOf("a", 47_000), gpus)).toBeNull();
    expect(neverFits(wishOf("a", 47_001), gpus)).toMatchObject({
      code: "job-never-fits",
      params: { gpu: 1, room: 47_000, missing: 1 },
    });
    expect(neverFits(wishOf("a", 30_000, { gpuCount: 2 }), gpus)).toMatchObject({
      params: { gpu: 0, missing: 7000 },
    });
    expect(neverFits(wishOf("a", 30_000, { allowed: [0] }), gpus)).toMatchObject({
      params: { missing: 7000 },
    });
    expect(neverFits(wishOf("a", 1, { gpuCount: 3 }), gpus)).toMatchObject({
      code: "job-too-few-gpus",
      params: { wanted: 3, there: 2 },
    });
    expect(request([], wishOf("a", 50_000), gpus, 0).kind).toBe("refused");
    // What others hold may come back, and a GPU of unknown size may be large enough.
    expect(neverFits(wishOf("a", 40_000), empty([card(48_000, 40_000)]))).toBeNull();
    expect(
      neverFits(
        wishOf("a", 400_000),
        gpus.map((gpu) => ({ ...gpu, totalMiB: null })),
      ),
    ).toBeNull();
    expect(neverFits(wishOf("a", 400_000), [])).toBeNull();
  });

  test("CAP-26 while VRAM is not known nothing starts, and a job says why it waits", () => {
    for (const gpus of [empty([card(24_000)], "unknown"), []]) {
      const records = having(gpus, wishOf("a", 1));
      expect(jobOf(records, "a")).toMatchObject({ state: "waiting", reason: { code: "job-vram-unknown" } });
      expect(runningIds(admit(records, empty([card(24_000)]), 5))).toEqual(["a"]);
    }
    // One GPU that is known is not two.
    const [known, unknown] = [empty([card(24_000)]), empty([card(1), card(24_000)], "unknown").slice(1)];
    const records = having([...known, ...unknown], wishOf("a", 1, { gpuCount: 2 }));
    expect(jobOf(records, "a")?.reason).toMatchObject({ params: { known: 1, wanted: 2 } });
  });

  test("CAP-29 a request that is repeated is one job, also after its end", () => {
    const gpus = empty([card(24_000)]);
    const wish = (id: string) => wishOf(id, 1000, { requestId: "same" });
    const once = request([], wish("a"), gpus, 0);
    const twice = request(once.records, wish("b"), gpus, 1);
    expect(twice).toMatchObject({ kind: "taken", record: { job: { id: "a" } } });
    expect(twice.records).toBe(once.records);
    const ended = finish(once.records, "a", "done", 2) ?? [];
    expect(request(ended, wish("c"), gpus, 3)).toMatchObject({ record: { job: { id: "a", state: "done" } } });
  });

  test("CAP-20 one that will not wait is refused with the reason, and leaves nothing behind", () => {
    const gpus = empty([card(11_000)]);
    const before = having(gpus, wishOf("a", 10_000));
    const step = request(before, wishOf("b", 1, { wait: false }), gpus, 0);
    expect(step).toMatchObject({ kind: "refused", problem: { code: "job-no-room", params: { missing: 1 } } });
    expect(step.records.map(({ job }) => job.id)).toEqual(["a"]);
  });

  test("CAP-20 no more jobs are kept than can be", () => {
    const gpus = empty([card(11_000)]);
    const many = Array.from({ length: MOST_UNFINISHED }, (_, i) => i);
    const template = having(gpus, wishOf("a", 10_000), wishOf("b", 1))[1];
    if (template === undefined) throw new Error("b waits");
    const full = many.map((i) => ({ ...template, place: i, job: { ...template.job, id: `${i}` } }));
    expect(request(full, wishOf("x", 1), gpus, 0)).toMatchObject({ problem: { code: "too-many-jobs" } });
    const ended = full.map((record, i) => ({
      ...record,
      job: { ...record.job, state: "done" as const, endedAt: i },
    }));
    const kept = prune([...ended, template]);
    expect(kept).toHaveLength(MOST_ENDED + 1);
    expect(kept.some(({ job }) => job.endedAt === 0)).toBe(false);
    expect(kept.some(({ job }) => job.endedAt === MOST_UNFINISHED - 1)).toBe(true);
  });
});

const minutes = (n: number) => n * 60_000;

describe("first come, first served", () => {
  test("CAP-22 for ten minutes the first that waits for running jobs may be passed, then nothing passes it", () => {
    const gpus = empty([card(48_000)]);
    const records = having(gpus, wishOf("a", 40_000), wishOf("b", 30_000), wishOf("c", 1000));
    expect([runningIds(records), waitingIds(records)]).toEqual([["a", "c"], ["b"]]);
    const soon = request(records, wishOf("d", 1000), gpus, PASSED_MS - 1).records;
    expect(runningIds(soon)).toEqual(["a", "c", "d"]);
    const later = request(soon, wishOf("e", 1000), gpus, PASSED_MS).records;
    expect(jobOf(later, "e")).toMatchObject({ position: 2, reason: { code: "job-waits-turn" } });
    const next = admit(finish(later, "a", "done", PASSED_MS) ?? [], gpus, PASSED_MS);
    expect(waitingIds(next)).toEqual([]);
  });

  test("CAP-23 a job that waits is told when it can no longer fit, and keeps nobody waiting", () => {
    const gpus = empty([card(48_000)]);
    const two = having(gpus, wishOf("a", 40_000), wishOf("b", 30_000));
    const learned = two.map((record) =>
      record.job.id === "b" ? { ...record, job: { ...record.job, peakMiB: 60_000 } } : record,
    );
    const late = request(admit(learned, gpus, PASSED_MS), wishOf("c", 5000), gpus, PASSED_MS).records;
    expect(jobOf(late, "b")).toMatchObject({ state: "waiting", reason: { code: "job-never-fits" } });
    expect(runningIds(late)).toEqual(["a", "c"]);
  });

  test("CAP-24 a clock that was put back while the sidecar was away lets no dead job live longer", () => {
    const gpus = empty([card(48_000)]);
    const records = request([], wishOf("a", 40_000), gpus, minutes(600)).records;
    expect(revive(records, minutes(1))[0]?.job.expiresAt).toBe(minutes(2));
  });

  test("CAP-8 CAP-23 while VRAM is not known no more is reserved than an empty GPU could give", () => {
    const gpus = empty([card(24_000)]).map((gpu) => ({ ...gpu, views: [] }));
    const most = (gpus[0]?.totalMiB ?? 0) - (gpus[0]?.reserveMiB ?? 0);
    expect(mostRoom(gpus, [], 1, null)).toBe(Math.floor(most / 256) * 256);
  });

  test("CAP-22 the ten minutes count from when it became the first, and a restart does not begin them anew", () => {
    const gpus = empty([card(48_000)]);
    const two = having(gpus, wishOf("a", 40_000), wishOf("b", 30_000), wishOf("c", 40_000));
    const ended = finish(finish(two, "a", "done", 5000) ?? [], "b", "done", 5000) ?? [];
    const records = request(admit(ended, gpus, 5000), wishOf("d", 40_000), gpus, 5000).records;
    expect(records.find(({ job }) => job.id === "d")?.firstAt).toBe(5000);
    // A clock that was put back meanwhile begins at the present time, never in the future.
    expect(revive(records, 2000).map(({ firstAt }) => firstAt)).toContain(2000);
    const kept = revive(records, 5000 + PASSED_MS);
    const after = request(kept, wishOf("e", 1000), gpus, 5000 + PASSED_MS).records;
    expect(waitingIds(after)).toEqual(["d", "e"]);
  });

  test("CAP-22 then a later job may start beside its whole peak, or on GPUs that are not kept", () => {
    const gpus = empty([card(24_000), card(80_000)]);
    const wide = wishOf("wide", 22_000, { gpuCount: 2 });
    const before = having(gpus, wishOf("a", 20_000, { allowed: [0] }), wide);
    const records = request(before, wishOf("c", 57_000), gpus, PASSED_MS).records;
    expect(runningIds(records)).toEqual(["a", "c"]);
    const more = request(records, wishOf("d", 2000), gpus, PASSED_MS).records;
    expect(jobOf(more, "d")).toMatchObject({ state: "waiting", reason: { code: "job-waits-turn" } });
    const three = empty([card(24_000), card(24_000), card(24_000)]);
    const full = having(three, ...["a", "b", "c"].map((id) => wishOf(id, 19_000)), wishOf("d", 20_000));
    expect(waitingIds(full)).toEqual(["d"]);
    const small = ["e", "f", "g"].map((id) => wishOf(id, 4000));
    const later = small.reduce<Records>((all, wish) => request(all, wish, three, PASSED_MS).records, full);
    // Two of three GPUs are not kept.
    expect([runningIds(later).slice(3), waitingIds(later)]).toEqual([
      ["e", "f"],
      ["d", "g"],
    ]);
  });

  test("CAP-22 who is known to end before the first can begin may use what is kept for it, for an hour", () => {
    const gpus = empty([card(48_000)]);
    const seconds: Record<string, number> = { a: 7200, b: 60, short: 6000, long: 6001 };
    const known = (records: Records) =>
      records.map((record) => ({ ...record, seconds: seconds[record.job.id] ?? null }));
    const ask = (records: Records, id: string, peakMiB: number, atMs: number) =>
      admit(known(request(known(records), wishOf(id, peakMiB), gpus, atMs).records), gpus, atMs);
    const first = ask(ask([], "a", 40_000, 0), "b", 30_000, 0);
    const at = minutes(20);
    expect(waitingIds(ask(first, "long", 1000, at))).toEqual(["b", "long"]);
    expect(waitingIds(ask(first, "nobody-knows", 1000, at))).toEqual(["b", "nobody-knows"]);
    expect(runningIds(ask(first, "short", 1000, at))).toEqual(["a", "short"]);
    expect(waitingIds(ask(first, "short", 1000, LENT_MS))).toEqual(["b", "short"]);
    // The running job is overdue: it may end at any time.
    seconds.a = 600;
    expect(waitingIds(ask(first, "short", 1000, at))).toEqual(["b", "short"]);
  });

  test("CAP-22 while somebody waits the emptier GPUs stay whole, else each job has a GPU for itself", () => {
    const gpus = empty([card(24_000), card(24_000), card(24_000)]);
    const calm = having(gpus, wishOf("a", 5000), wishOf("b", 5000));
    expect(calm.map(({ job }) => job.gpus)).toEqual([[0], [1]]);
    const wide = request(calm, wishOf("wide", 20_000, { gpuCount: 3 }), gpus, 0).records;
    expect(jobOf(request(wide, wishOf("c", 5000), gpus, 0).records, "c")?.gpus).toEqual([0]);
  });

  test("CAP-22 a job that waits for what other programs hold keeps nobody waiting, until they give it back", () => {
    const busy = [card(48_000, 30_000)];
    const records = having(empty(busy), wishOf("large", 40_000), wishOf("small", 10_000));
    expect([runningIds(records), waitingIds(records)]).toEqual([["small"], ["large"]]);
    const still = request(records, wishOf("too", 1000), empty(busy), minutes(600)).records;
    expect(waitingIds(still)).toEqual(["large"]);
    const freed = seen([card(48_000)], records, new Map(), "process");
    const first = admit(records, freed, 1);
    expect(waitingIds(request(first, wishOf("late", 5000), freed, PASSED_MS).records)).toEqual(["large"]);
    const kept = request(first, wishOf("late", 5000), freed, PASSED_MS + 1).records;
    expect(waitingIds(kept)).toEqual(["large", "late"]);
  });

  test("CAP-22 nobody starves: whoever comes, whatever durations are believed, whenever the sidecar restarts", () => {
    const longest = 8;
    const arrivals = fc.array(
      fc.record({
        peakMiB: fc.integer({ min: 100, max: 12_000 }),
        gpuCount: fc.integer({ min: 1, max: 2 }),
        lasts: fc.integer({ min: 1, max: longest }),
        believed: fc.option(fc.integer({ min: 1, max: 7200 })),
      }),
      { minLength: 10, maxLength: 60 },
    );
    const machine = fc.array(fc.integer({ min: 14_000, max: 30_000 }), { minLength: 2, maxLength: 4 });
    const restarts = fc.array(fc.nat(120), { maxLength: 4 });
    fc.assert(
      fc.property(
        machine,
        arrivals,
        fc.integer({ min: 1, max: 2 }),
        restarts,
        (totals, coming, gpuCount, dies) => {
          const gpus = empty(totals.map((total) => card(total)));
          const largest = [...totals].sort((a, b) => b - a)[gpuCount - 1] ?? 0;
          const isLying = coming.some(({ believed }) => believed !== null);
          const mostMinutes = (isLying ? LENT_MS : PASSED_MS) / 60_000 + longest;
          const drawn = (i: number) => coming[i % coming.length];
          const believing = (list: Records) =>
            list.map((record) => ({ ...record, seconds: drawn(record.place)?.believed ?? null }));
          const ends = new Map<string, number>();
          let records: Records = [];
          let firstAt = Number.POSITIVE_INFINITY;
          for (let t = 0; t < 100; t++) {
            const now = minutes(t);
            if (dies.includes(t)) {
              // Positions and reasons are all that need not be on disk.
              const text = JSON.stringify(records);
              records = revive(v.parse(v.array(jobRecordSchema), JSON.parse(text)), now);
            }
            for (const [id, at] of ends) if (at <= t) records = finish(records, id, "done", now) ?? records;
            records = prune(admit(believing(records), gpus, now));
            const ask = (id: string, peakMiB: number, k: number) => {
              // A longer line says nothing more and takes long to go through.
              if (id !== "victim" && waitingIds(records).length >= 12) return;
              const step = request(records, wishOf(id, peakMiB, { gpuCount: k }), gpus, now);
              if (step.kind === "taken") records = step.records;
            };
            if (t === 5) ask("victim", largest - 1000, gpuCount);
            for (let n = 0; n < 2; n++) {
              const { peakMiB = 1, gpuCount: k = 1 } = drawn(t * 2 + n) ?? {};
              ask(`${t}-${n}`, peakMiB, k);
            }
            for (const { job, place } of records)
              if (job.state === "running" && !ends.has(job.id))
                ends.set(job.id, t + (drawn(place)?.lasts ?? 1));
            if (waitingIds(records)[0] === "victim") firstAt = Math.min(firstAt, t);
            if (waitingIds(records).includes("victim")) expect(t - firstAt).toBeLessThanOrEqual(mostMinutes);
          }
        },
      ),
      { numRuns: numRuns(20) },
    );
  });
});

describe("a job that keeps silent", () => {
  const gpus = empty([card(11_000)]);
  const records = having(gpus, wishOf("a", 10_000, { ttlMs: 5000 }), wishOf("b", 10_000));

  test("CAP-24 is dead after its time-to-live, running or waiting, and what it had reserved is free", () => {
    expect(expire(records, 4999)).toBe(records);
    const dead = expire(records, 5000);
    expect(jobOf(dead, "a")).toMatchObject({ state: "expired", endedAt: 5000 });
    expect(runningIds(admit(dead, gpus, 5000))).toEqual(["b"]);
    expect(expire(records, 60_000).map(({ job }) => [job.state, job.position])).toEqual([
      ["expired", null],
      ["expired", null],
    ]);
  });

  test("CAP-24 a heartbeat keeps it, and may tell its phase, its process and another time-to-live", () => {
    const beaten = heartbeat(records, "a", { phase: "decode", pid: 7, ttlSeconds: 10 }, 4000) ?? [];
    expect(jobOf(beaten, "a")).toMatchObject({
      phase: "decode",
      pid: 7,
      expiresAt: 14_000,
      state: "running",
    });
    const again = heartbeat(beaten, "a", {}, 5000) ?? [];
    expect(jobOf(again, "a")).toMatchObject({ phase: "decode", pid: 7, expiresAt: 15_000 });
    const dead = expire(again, 15_000);
    expect(heartbeat(dead, "a", {}, 15_001)).toBeNull();
    expect(finish(dead, "a", "done", 15_001)).toBeNull();
    expect(heartbeat(records, "nobody", {}, 0)).toBeNull();
  });

  test("CAP-27 after a restart each has its whole time-to-live anew", () => {
    const revived = revive(records, 100_000);
    expect(revived.map(({ job }) => job.expiresAt)).toEqual([105_000, 160_000]);
    expect(revive(expire(records, 70_000), 100_000)).toEqual(expire(records, 70_000));
  });
});

interface Step {
  does: "ask" | "hold" | "end" | "others" | "silence";
  a: number;
  b: number;
}

describe("any history", () => {
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ does: fc.constant("ask" as const), a: fc.nat(30_000), b: fc.nat(7) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ does: fc.constant("hold" as const), a: fc.nat(30_000), b: fc.nat(7) }),
    },
    { weight: 2, arbitrary: fc.record({ does: fc.constant("end" as const), a: fc.nat(), b: fc.nat(7) }) },
    {
      weight: 2,
      arbitrary: fc.record({ does: fc.constant("others" as const), a: fc.nat(30_000), b: fc.nat(7) }),
    },
    { weight: 1, arbitrary: fc.record({ does: fc.constant("silence" as const), a: fc.nat(), b: fc.nat(7) }) },
  );
  const machine = fc.array(fc.integer({ min: 8000, max: 48_000 }), { minLength: 1, maxLength: 3 });

  /**
   * Plays a history and checks the truth whenever a job starts. `growth` can tell jobs from other programs only while
   * those take no more than before and the jobs no more than was predicted.
   */
  function play(totals: readonly number[], steps: readonly Step[], telling: Telling) {
    let gpus = totals.map((total) => card(total));
    let records: Records = [];
    const held = new Map<string, number>();
    let started = 0;
    const check = (next: Records) => {
      const before = new Set(runningIds(records));
      for (const [gpu, truth] of gpus.entries()) {
        if (!onGpu(next, gpu).some(({ id }) => !before.has(id))) continue;
        started++;
        expect(committedMiB(truth, gpu, next, held)).toBeLessThanOrEqual(truth.totalMiB);
      }
      expect(before.size).toBeLessThanOrEqual(runningIds(next).length);
      records = next;
    };
    const usedOn = (gpu: number) =>
      onGpu(records, gpu).reduce((sum, { id }) => sum + (held.get(id) ?? 0), gpus[gpu]?.othersMiB ?? 0);
    for (const [t, { does, a, b }] of steps.entries()) {
      const now = () => seen(gpus, records, held, telling);
      const running = runningIds(records);
      const one = jobOf(records, running[b % Math.max(1, running.length)] ?? "");
      if (does === "ask") {
        const wish = wishOf(`${t}`, a + 1, {
          gpuCount: 1 + (b % 2),
          pid: b < 5 ? 100 + t : null,
          ttlMs: 40,
        });
        const result = request(records, wish, now(), t);
        if (result.kind === "taken") check(result.records);
        else expect(neverFits(wish, now())).not.toBeNull();
      }
      if (does === "hold" && one !== undefined) {
        // Less, as much and more than predicted, but no more than is on the cards.
        const room = one.gpus.map((gpu) => (totals[gpu] ?? 0) - usedOn(gpu) + (held.get(one.id) ?? 0));
        const most = Math.min(...room, telling === "growth" ? one.peakMiB : Number.POSITIVE_INFINITY);
        held.set(one.id, Math.min(a, Math.max(0, most)));
      }
      if (does === "others") {
        gpus = gpus.map((gpu, i) => {
          if (i !== b % gpus.length) return gpu;
          const most = telling === "growth" ? gpu.othersMiB : gpu.totalMiB - usedOn(i) + gpu.othersMiB;
          return { ...gpu, othersMiB: Math.min(a, Math.max(0, most)) };
        });
      }
      if (does === "end" && one !== undefined) records = finish(records, one.id, "done", t) ?? records;
      if (does === "silence") records = expire(records, t);
      check(admit(records, now(), t));
      const alive = records.filter(isUnfinished).length;
      expect(waitingIds(records).length + runningIds(records).length).toBe(alive);
    }
    return started;
  }

  test.each(["process", "growth", "nothing"] as const)(
    "CAP-21 CAP-25 whenever a job starts, what is held or predicted fits beside others and reserve (by %s)",
    (telling) => {
      let started = 0;
      fc.assert(
        fc.property(machine, fc.array(step, { maxLength: 80 }), (totals, steps) => {
          started += play(totals, steps, telling);
        }),
        { numRuns: numRuns(300) },
      );
      expect(started).toBeGreaterThan(100);
    },
  );

  test("CAP-26 nothing starts in any history while VRAM is not known", () => {
    fc.assert(
      fc.property(machine, fc.array(step, { maxLength: 30 }), (totals, steps) => {
        expect(play(totals, steps, "unknown")).toBe(0);
      }),
    );
  });
});
