import { describe, expect, test } from "vitest";
import { askRoom, declare } from "../../../../../server/capacity/capacity.ts";
import { figureOf } from "../../../../../server/capacity/learning/figure.ts";
import type { JobAsk } from "../../../../../server/capacity/model.ts";
import { POLICY } from "../../../../../server/capacity/policy.ts";
import { ask, DRIVER, fits, gpu, jobClass, process, START, seconds, TOTAL, tenantOf } from "./world.ts";

const EMPTY = TOTAL - DRIVER;
type At = Pick<ReturnType<typeof seconds>, "state" | "atMs">;

function declared(at: At, job: JobAsk) {
  return { state: declare(at.state, job, {}, at.atMs, POLICY).state, atMs: at.atMs };
}

describe("tickets", () => {
  test("a yes holds for 15 s, once per asker", () => {
    const at = seconds(5, START, [gpu([])]);
    const first = ask("t1", 14_000, { asker: "ann" });
    const held = askRoom(at.state, first, at.atMs, POLICY);
    expect(held.answer).toMatchObject({ kind: "yes", ticket: "t1" });
    expect(fits({ ...at, state: held.state }, ask("b", 14_000))).toBe(0);
    const again = askRoom(held.state, { ...first, id: "t2" }, at.atMs, POLICY);
    expect(again.state.tickets.map(({ id }) => id)).toEqual(["t2"]);
    const later = seconds(16, { ...at, state: held.state }, [gpu([])]);
    expect(fits(later, ask("b", 14_000))).toBe(1);
  });

  test("a job by the same asker consumes it", () => {
    const at = seconds(5, START, [gpu([])]);
    const first = ask("t1", 14_000, { asker: "ann" });
    const { state } = askRoom(at.state, first, at.atMs, POLICY);
    const after = seconds(1, declared({ ...at, state }, { ...first, id: "job" }), [gpu([])]);
    expect(after.started.map(({ id }) => id)).toEqual(["job"]);
    expect(after.state.tickets).toEqual([]);
  });

  test("the next new process takes it, and what that reaches is learned", () => {
    const at = seconds(5, START, [gpu([])]);
    const { state } = askRoom(at.state, ask("t1", 14_000), at.atMs, POLICY);
    const grown = seconds(3, { ...at, state }, [gpu([process(9, 13_000)], { utilizationPct: 90 })]);
    expect(grown.state.tickets).toEqual([]);
    const gone = seconds(1, grown, [gpu([])]);
    expect(gone.state.learned.get("of 14000")?.peaks).toEqual([{ mib: 13_000, reported: false }]);
  });

  test("who leaves a GPU that is all but full may have run out of memory: raised, not learned", () => {
    const other = process(1, 10_500);
    // What it held, and what was free besides.
    const left = EMPTY - 10_500;
    const at = seconds(5, START, [gpu([other])]);
    const { state } = askRoom(at.state, ask("t1", 12_000), at.atMs, POLICY);
    const full = seconds(3, { ...at, state }, [gpu([other, process(9, 13_000)], { utilizationPct: 90 })]);
    const gone = seconds(1, full, [gpu([other])]);
    expect(gone.state.learned.get("of 12000")).toMatchObject({ peaks: [], raisedMiB: left * POLICY.raise });
  });

  test("who names his process has its peak learned once it has been idle for a while, though it held nothing when he asked", () => {
    const own = { asker: "ann", pid: 9 };
    const at = seconds(5, START, [gpu([])]);
    const { state } = askRoom(at.state, ask("t1", 14_000, own), at.atMs, POLICY);
    const ran = seconds(3, { ...at, state }, [gpu([process(9, 13_000)], { utilizationPct: 90 })]);
    expect(tenantOf(ran.state, 9)?.ticket?.figureMiB).toBe(15_400);
    const idle = seconds(25, ran, [gpu([process(9, 10_000)])]);
    expect(idle.state.learned.get("of 14000")?.peaks).toEqual([{ mib: 13_000, reported: false }]);
  });

  test("a resident that gives its memory back when the GPU is all but full may have run out of memory", () => {
    const own = { asker: "ann", pid: 9 };
    const other = process(1, 10_500);
    // What it held, and what was free besides.
    const left = EMPTY - 10_500;
    const at = seconds(5, START, [gpu([other])]);
    const { state } = askRoom(at.state, ask("t1", 12_000, own), at.atMs, POLICY);
    const full = seconds(3, { ...at, state }, [gpu([other, process(9, 13_000)], { utilizationPct: 90 })]);
    const failed = seconds(25, full, [gpu([other, process(9, 450)])]);
    expect(failed.state.learned.get("of 12000")).toMatchObject({ peaks: [], raisedMiB: left * POLICY.raise });
  });

  test("CAP-59b whoever asks for the next job has ended the one before: what it reached counts for the answer", () => {
    const own = { asker: "ann", pid: 9 };
    const at = seconds(5, START, [gpu([])]);
    const { state } = askRoom(at.state, ask("t1", 9000, own), at.atMs, POLICY);
    const ran = seconds(3, { ...at, state }, [gpu([process(9, 13_000)], { utilizationPct: 90 })]);
    const idle = seconds(6, ran, [gpu([process(9, 10_000)])]);
    const again = askRoom(idle.state, ask("t2", 9000, own), idle.atMs, POLICY);
    expect(again.answer).toMatchObject({ kind: "yes", basis: "measured", figureMiB: 13_520 });
  });

  test("CAP-59b who failed and asks again at once is not let in on the figure that was too low", () => {
    const own = { asker: "ann", pid: 9 };
    const other = process(1, 12_000);
    const at = seconds(5, START, [gpu([other])]);
    let state = askRoom(at.state, ask("t1", 9000, own), at.atMs, POLICY).state;
    const full = seconds(3, { ...at, state }, [gpu([other, process(9, 12_000)], { utilizationPct: 90 })]);
    const failed = seconds(5, full, [gpu([other, process(9, 450)])]);
    const again = askRoom(failed.state, ask("t2", 9000, own), failed.atMs, POLICY);
    state = again.state;
    expect(again.answer.kind).toBe("no");
    expect(state.learned.get("of 9000")).toMatchObject({ peaks: [] });
  });

  test("CAP-15c what one that runs has reached beyond a published figure counts for the next of its kind", () => {
    const at = seconds(5, START, [gpu([])]);
    const { state } = askRoom(at.state, ask("t1", 9000), at.atMs, POLICY);
    const runs = seconds(3, { ...at, state }, [gpu([process(9, 11_500)], { utilizationPct: 90 })]);
    expect(runs.state.learned.size).toBe(0);
    expect(figureOf(jobClass("of 9000", 9000), runs.state, POLICY).needMiB).toBe(12_650);
  });

  describe("a process of one of two classes", () => {
    function reached(peakMiB: number) {
      const at = seconds(5, START, [gpu([])]);
      const small = askRoom(at.state, ask("t1", 6000, { asker: "ann" }), at.atMs, POLICY);
      const both = askRoom(small.state, ask("t2", 9000, { asker: "bob" }), at.atMs, POLICY);
      const runs = seconds(3, { ...at, state: both.state }, [
        gpu([process(9, peakMiB)], { utilizationPct: 90 }),
      ]);
      const need = (mib: number) => figureOf(jobClass(`of ${mib}`, mib), runs.state, POLICY).needMiB;
      return { learned: seconds(1, runs, [gpu([])]).state.learned, needs: [need(6000), need(9000)] };
    }
    test("CAP-59c shows that the largest figure is too low, while it runs and afterwards", () => {
      const { learned, needs } = reached(14_000);
      expect(needs).toEqual([6600, 15_400]);
      expect([...learned.keys()]).toEqual(["of 9000"]);
      expect(learned.get("of 9000")).toMatchObject({ peaks: [], raisedMiB: 14_000 * POLICY.raise });
    });
    test("CAP-59c teaches nothing within that figure", () => {
      expect(reached(8000)).toMatchObject({ learned: new Map(), needs: [6600, 9900] });
    });
  });
});
