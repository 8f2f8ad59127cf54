import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { demandsOf } from "../../../../../server/capacity/admission/admit.ts";
import { askRoom, declare, end, step } from "../../../../../server/capacity/capacity.ts";
import { figureOf } from "../../../../../server/capacity/learning/figure.ts";
import { learn } from "../../../../../server/capacity/learning/learn.ts";
import { EMPTY_STATE, type JobAsk } from "../../../../../server/capacity/model.ts";
import { POLICY } from "../../../../../server/capacity/policy.ts";
import { roomOf } from "../../../../../server/capacity/room/room.ts";
import { keepLearned, restoreLearned } from "../../../../../server/profiles/kept.ts";
import { numRuns } from "../../../../helpers/seeds.ts";
import { ask, DRIVER, fits, gpu, jobClass, process, START, seconds, TOTAL } from "./world.ts";

const EMPTY = TOTAL - DRIVER;
type At = Pick<ReturnType<typeof seconds>, "state" | "atMs">;

function declared(at: At, job: JobAsk, runsOn: readonly number[] | null = null) {
  return { state: declare(at.state, job, { runsOn }, at.atMs, POLICY).state, atMs: at.atMs };
}

describe("the one formula", () => {
  test("CAP-1 CAP-2 is total less driver, figures or held, what others hold, and the reserve; its lines add up", () => {
    const held = fc.integer({ min: 0, max: 9000 });
    fc.assert(
      fc.property(held, held, fc.integer({ min: 1000, max: 12_000 }), (idleMiB, jobMiB, publishedMiB) => {
        const list = [process(1, idleMiB), process(2, jobMiB)];
        const before = declared(START, ask("a", publishedMiB, { pid: 2 }), [0]);
        const at = seconds(5, before, [gpu(list)]);
        const [demand] = demandsOf(at.state, POLICY);
        if (demand === undefined) throw new Error("no GPU");
        const { freeMiB, promisedMiB, reserveMiB, roomMiB } = roomOf(demand, false);
        expect(roomMiB).toBe(freeMiB - promisedMiB - reserveMiB);
        const figure = Math.round(publishedMiB * 1.1);
        expect(roomMiB).toBe(EMPTY - Math.max(figure, jobMiB) - idleMiB - 256);
      }),
      { numRuns: numRuns(30) },
    );
  });

  test("memory that no process explains is not room", () => {
    const at = seconds(5, START, [{ ...gpu([]), usedMiB: 9000 }]);
    expect(fits(at, ask("a", 16_000))).toBe(0);
    expect(fits(at, ask("b", 13_500))).toBe(1);
  });

  test("what a waiting resident holds counts for its own job", () => {
    const at = seconds(5, START, [gpu([process(1, 10_200)])]);
    expect(fits(at, ask("inside", 15_000, { pid: 1 }))).toBeGreaterThan(0);
    expect(fits(at, ask("beside", 15_000))).toBe(0);
  });
});

describe("never", () => {
  test("CAP-7b is said only of a figure beyond total less driver", () => {
    const at = seconds(1, START, [gpu([])]);
    expect(declare(at.state, ask("a", EMPTY), {}, at.atMs, POLICY).kind).toBe("waiting");
    expect(declare(at.state, ask("b", EMPTY + 1), {}, at.atMs, POLICY).kind).toBe("never");
    expect(fits(at, ask("a", EMPTY))).toBe(1);
  });

  test("is not said after an out-of-memory: only the margin grew", () => {
    const at = seconds(1, START, [gpu([])]);
    const runs = declared(at, ask("a", EMPTY - 100), [0]);
    const state = end(runs.state, "a", { outcome: "out-of-memory", reportedMiB: null }, at.atMs, POLICY);
    expect(declare(state, ask("b", EMPTY - 100), {}, at.atMs, POLICY).kind).toBe("waiting");
    expect(fits({ state, atMs: at.atMs }, ask("b", EMPTY - 100))).toBe(1);
  });
});

describe("figures", () => {
  const known = jobClass("known", 10_000);
  const lesson = { jobClass: known, outcome: "done" as const, durationMs: 30_000, figureMiB: 11_000 };
  const need = (state = EMPTY_STATE) => figureOf(known, state, POLICY).needMiB;

  test("CAP-3 published 10 % more, sampled 4 %, reported 1 %", () => {
    expect(need()).toBe(11_000);
    expect(need(learn(EMPTY_STATE, { ...lesson, peakMiB: 8000, reported: false }, POLICY))).toBe(8320);
    expect(need(learn(EMPTY_STATE, { ...lesson, peakMiB: 8000, reported: true }, POLICY))).toBe(8080);
  });

  test("CAP-3 the largest of the last ten peaks", () => {
    let state = learn(EMPTY_STATE, { ...lesson, peakMiB: 9000, reported: true }, POLICY);
    for (let i = 0; i < 9; i++) state = learn(state, { ...lesson, peakMiB: 5000, reported: true }, POLICY);
    expect(need(state)).toBe(9090);
    state = learn(state, { ...lesson, peakMiB: 5000, reported: true }, POLICY);
    expect(need(state)).toBe(5050);
  });

  test("CAP-15 an out-of-memory raises it by a tenth until one ends well, and a later one of an older job lowers nothing", () => {
    const failed = { ...lesson, outcome: "out-of-memory" as const, peakMiB: 10_500, reported: false };
    const raised = learn(EMPTY_STATE, failed, POLICY);
    expect(need(raised)).toBe(12_100);
    expect(need(learn(raised, { ...failed, peakMiB: null, figureMiB: 9000 }, POLICY))).toBe(12_100);
    expect(need(learn(raised, { ...lesson, peakMiB: 11_200, reported: true }, POLICY))).toBe(11_312);
  });

  test("CAP-15 what its process held and what was free besides was not enough", () => {
    const beside = process(1, 9000);
    const runs = declared(seconds(5, START, [gpu([beside])]), ask("a", 8000, { pid: 2 }), [0]);
    const full = seconds(3, runs, [gpu([beside, process(2, 14_000)])]);
    const oom = { outcome: "out-of-memory" as const, reportedMiB: null };
    const { learned } = end(full.state, "a", oom, full.atMs, POLICY);
    expect(learned.get("of 8000")?.raisedMiB).toBeCloseTo((EMPTY - 9000) * 1.1);
  });

  test("CAP-15b the least that was enough is kept for good, also of what gave way, and reserves nothing", () => {
    const done = (peakMiB: number, leastMiB: number | null, state = EMPTY_STATE) =>
      learn(state, { ...lesson, peakMiB, leastMiB, reported: true }, POLICY);
    const least = (state: typeof EMPTY_STATE) => state.learned.get(known.key)?.leastMiB;
    let state = done(20_000, 6000);
    expect(least(state)).toBe(6000);
    expect(need(state)).toBe(20_200);
    for (let i = 0; i < POLICY.keptPeaks; i++) state = done(9000, 9000, state);
    expect(least(state)).toBe(6000);
    const failed = { ...lesson, outcome: "out-of-memory" as const, peakMiB: 5000, reported: true };
    expect(least(learn(state, failed, POLICY))).toBe(6000);
    expect(restoreLearned(keepLearned(state)).learned.get(known.key)).toEqual(state.learned.get(known.key));
    const running = declared(seconds(1, START, [gpu([])]), ask("a", 9000), [0]);
    const told = { outcome: "done" as const, reportedMiB: 8000, leastMiB: 3000 };
    const ended = end(running.state, "a", told, running.atMs, POLICY);
    expect(ended.learned.get("of 9000")?.leastMiB).toBe(3000);
  });

  test("CAP-15d a job of which only a part ran raises what is known of its class, and lowers or begins nothing", () => {
    const part = {
      ...lesson,
      peakMiB: 2000,
      leastMiB: 2000,
      reported: true,
      partial: true,
      durationMs: 1000,
    };
    expect(learn(EMPTY_STATE, part, POLICY)).toBe(EMPTY_STATE);
    let state = learn(EMPTY_STATE, { ...lesson, peakMiB: 9000, leastMiB: 9000, reported: true }, POLICY);
    for (let i = 0; i <= POLICY.keptPeaks; i++) state = learn(state, part, POLICY);
    expect(need(state)).toBe(9090);
    state = learn(state, { ...part, peakMiB: 10_000, leastMiB: 500 }, POLICY);
    expect(need(state)).toBe(10_100);
    expect(state.learned.get(known.key)).toMatchObject({ leastMiB: 9000, durationsMs: [30_000] });
    const running = declared(seconds(1, START, [gpu([])]), ask("a", 9000), [0]);
    const told = { outcome: "done" as const, reportedMiB: 3000, partial: true };
    expect(end(running.state, "a", told, running.atMs, POLICY).learned.get("of 9000")).toBeUndefined();
  });

  test("CAP-8 a configured peak is kept where less was measured", () => {
    const configured = { ...known, configuredMiB: 12_000 };
    const state = learn(EMPTY_STATE, { ...lesson, peakMiB: 8000, reported: true }, POLICY);
    expect(figureOf(configured, state, POLICY).needMiB).toBe(12_000);
  });

  test("of whom nothing is known and who runs already, what a stranger would take is expected", () => {
    const policy = { ...POLICY, publishedMiB: [20_000] };
    const at = seconds(5, declared(seconds(5, START, [gpu([])]), ask("a", null, { pid: 2 }), [0]), [
      gpu([process(2, 3000)]),
    ]);
    const [demand] = demandsOf(at.state, policy);
    expect(demand === undefined ? 0 : roomOf(demand, false).promisedMiB).toBe(20_000 * 1.05 - 3000);
  });

  describe("on two GPUs of which one has less to give", () => {
    const both = [gpu([process(1, 9000)]), gpu([], { index: 1 })];
    const idle = seconds(5, START, both);
    const wide = ask("a", null, { gpuCount: 2 });
    const promised = ({ state }: At) => demandsOf(state, POLICY).map((one) => roomOf(one, true).promisedMiB);

    test("CAP-21 CAP-7c of whom nothing is known, all that each has is reserved, and nobody joins on the emptier one", () => {
      const after = seconds(1, declared(idle, wide), both);
      expect(after.state.running.map(({ gpus }) => gpus.length)).toEqual([2]);
      // But for the reserve, so that who keeps memory may use it for a job of its own.
      const all = [EMPTY - 9256, EMPTY - 256];
      expect(promised(after)).toEqual(all);
      expect(fits(after, ask("b", 6000))).toBe(0);
      const held = askRoom(idle.state, wide, idle.atMs, POLICY);
      expect(promised({ ...idle, state: held.state })).toEqual(all);
    });

    test("CAP-7 the margin gives way on the one alone", () => {
      const desktop = [gpu([process(1, 900)]), gpu([], { index: 1 })];
      const before = declared(seconds(5, START, desktop), ask("a", 23_000, { gpuCount: 2 }));
      expect(promised(seconds(1, before, desktop))).toEqual([EMPTY - 900, EMPTY]);
    });
  });

  test("CAP-7c of whom nothing is known, it starts alone", () => {
    const empty = seconds(5, START, [gpu([])]);
    expect(fits(empty, ask("a", null))).toBe(1);
    const busy = seconds(1, declared(empty, ask("b", 2000), [0]), [gpu([])]);
    expect(fits(busy, ask("a", null))).toBe(0);
    // Beside another job in its own process, too.
    const held = seconds(5, START, [gpu([process(1, 4400)])]);
    const first = ask("a", null, { pid: 1 });
    const second = ask("b", null, { pid: 1 });
    expect(fits(held, first)).toBe(1);
    const used = declared(held, first, [0]);
    expect(fits(used, second)).toBe(0);
    const grown = seconds(1, used, [gpu([process(1, 6400)])]);
    expect(fits(grown, second)).toBe(0);
  });
});

test("CAP-7 a margin gives way to the empty card, and not to a resident that keeps its memory", () => {
  const at = seconds(30, START, [gpu([process(1, 10_200)])]);
  // 13,000 + 10 % is more than the 14,064 that are free.
  expect(fits(at, ask("a", 13_000))).toBe(0);
  expect(fits(at, ask("b", 12_700))).toBe(1);
  // What a desktop holds is part of the card.
  const desktop = seconds(30, START, [gpu([process(1, 420)])]);
  expect(fits(desktop, ask("c", 23_800))).toBe(1);
});

describe("several jobs in one process", () => {
  const inServer = (id: string) => ask(id, 10_000, { pid: 1 });

  /** Two at once hold 13,000 together where one alone would hold 10,000. */
  function twice(at: At, n: number): At {
    const [a, b] = [inServer(`${n} a`), inServer(`${n} b`)];
    const both = declared(declared(at, a, [0]), b, [0]);
    const ran = seconds(3, both, [gpu([process(1, 13_000)], { utilizationPct: 90 })]);
    const how = { outcome: "done" as const, reportedMiB: null };
    const once = end(ran.state, a.id, how, ran.atMs, POLICY);
    return seconds(3, { state: end(once, b.id, how, ran.atMs, POLICY), atMs: ran.atMs }, [
      gpu([process(1, 7000)]),
    ]);
  }

  test("are added up until three were seen together", () => {
    let at: At = seconds(5, START, [gpu([process(1, 7000)])]);
    const beside = (now: At) => {
      const two = declared(declared(now, inServer("x"), [0]), inServer("y"), [0]);
      const [demand] = demandsOf(two.state, POLICY);
      if (demand === undefined) throw new Error("no GPU");
      return EMPTY - 256 - roomOf(demand, false).roomMiB;
    };
    expect(beside(at)).toBe(22_000);
    at = twice(twice(at, 1), 2);
    expect(beside(at)).toBe(13_000 * 1.04);
    expect(at.state.learned.get("of 10000")?.peaks).toEqual([]);
  });
});

describe("between two who wait", () => {
  test("CAP-22b a job that waited five mean durations is not passed by one that would end after its opening", () => {
    const list = [process(1, 11_000)];
    let at: At = seconds(5, START, [gpu([])]);
    at = declared(at, ask("runs", 12_000, { pid: 1, asker: "r" }), [0]);
    const large = ask("large", 20_000, { asker: "l" });
    at = seconds(1, declared(at, large), [gpu(list)]);
    expect(fits(at, ask("small", 4000, { asker: "s" }))).toBeGreaterThan(0);
    const long = { ...ask("long", 4000, { asker: "s" }) };
    const slow = { ...long, jobClass: { ...long.jobClass, key: "slow", seconds: 600 } };
    let { state, atMs } = at;
    for (let i = 0; i < 6; i++) {
      atMs += 59_000;
      const beats = (job: { beatMs: number }) => ({ ...job, beatMs: atMs });
      state = {
        ...state,
        running: state.running.map((job) => ({ ...job, ...beats(job) })),
        waiting: state.waiting.map((job) => ({ ...job, ...beats(job) })),
      };
      ({ state } = step(state, { nowMs: atMs, gpus: [gpu(list)], words: [] }, POLICY));
    }
    expect(state.waiting.map(({ id }) => id)).toEqual(["large"]);
    const quick = { ...long, jobClass: { ...long.jobClass, key: "quick", seconds: 1 } };
    expect(fits({ state, atMs }, slow)).toBe(0);
    expect(fits({ state, atMs }, quick)).toBeGreaterThan(0);
  });

  test("who waits for what no running job will free blocks nobody", () => {
    const list = [process(1, 11_000)];
    let at: At = seconds(5, START, [gpu(list)]);
    at = declared(at, ask("large", 20_000, { asker: "l" }));
    const late = {
      ...at,
      state: { ...at.state, waiting: at.state.waiting.map((job) => ({ ...job, ttlMs: 1e9 })) },
    };
    const after = seconds(4, { ...late, atMs: at.atMs + 400_000 }, [gpu(list)]);
    expect(after.state.waiting).toHaveLength(1);
    expect(fits(after, ask("small", 4000, { asker: "s" }))).toBeGreaterThan(0);
  });

  test("CAP-22c six jobs of one do not stand before the first of another", () => {
    let at: At = seconds(1, START, [gpu([])]);
    for (let i = 0; i < 6; i++) at = declared(at, ask(`ann ${i}`, 20_000, { asker: "ann" }));
    at = declared(at, ask("bob", 20_000, { asker: "bob" }));
    expect(at.state.waiting.slice(0, 2).map(({ id }) => id)).toEqual(["ann 0", "bob"]);
  });

  test("CAP-22d who was queued earlier stands before those who asked since, and behind his own jobs", () => {
    let at: At = seconds(1, START, [gpu([])]);
    for (const asker of ["ann", "bob"]) at = declared(at, ask(asker, 20_000, { asker }));
    const sinceMs = at.atMs;
    at = seconds(2, at, [gpu([])]);
    for (const asker of ["carl", "dan"]) at = declared(at, ask(asker, 20_000, { asker }));
    at = declared(at, ask("eve", 20_000, { asker: "eve", sinceMs }));
    at = declared(at, ask("bob again", 20_000, { asker: "bob", sinceMs }));
    const line = [...at.state.running, ...at.state.waiting].map(({ id }) => id);
    expect(line).toEqual(["ann", "bob", "eve", "carl", "dan", "bob again"]);
  });
});

describe("a yes needs the list of this sample", () => {
  test("and without one asks for it, and starts nobody", () => {
    const at = seconds(2, START, [gpu([])]);
    const { state } = declared(at, ask("a", 4000));
    const stale = { ...gpu([]), list: { kind: "not-read" as const } };
    const turn = step(state, { nowMs: at.atMs + 500, gpus: [stale], words: [] }, POLICY);
    expect([turn.wantsList, turn.started.length]).toEqual([true, 0]);
    const again = step(turn.state, { nowMs: at.atMs + 500, gpus: [gpu([])], words: [] }, POLICY);
    expect([again.wantsList, again.started.length]).toEqual([false, 1]);
  });
});
