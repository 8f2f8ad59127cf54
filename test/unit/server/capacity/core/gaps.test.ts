import { describe, expect, test } from "vitest";
import { askRoom, declare, step } from "../../../../../server/capacity/capacity.ts";
import { learn } from "../../../../../server/capacity/learning/learn.ts";
import { EMPTY_STATE, type GpuEvidence, type JobAsk } from "../../../../../server/capacity/model.ts";
import { POLICY } from "../../../../../server/capacity/policy.ts";
import { keepLearned, restoreLearned } from "../../../../../server/profiles/kept.ts";
import { ask, fits, gpu, jobClass, process, START, seconds } from "./world.ts";

type At = Pick<ReturnType<typeof seconds>, "state" | "atMs">;

function declared(at: At, job: JobAsk, runsOn: readonly number[] | null = null) {
  return { state: declare(at.state, job, { runsOn, ttlMs: 1e9 }, at.atMs, POLICY).state, atMs: at.atMs };
}
const unlisted = (usedMiB: number, utilizationPct = 0): GpuEvidence => ({
  ...gpu([], { utilizationPct }),
  usedMiB,
  list: { kind: "hidden" },
});

describe("a list that fails", () => {
  const failed = { ...gpu([process(1, 5000)]), list: { kind: "hidden" as const } };
  const waitingFor = () => declared(seconds(5, START, [gpu([process(1, 5000)])]), ask("a", 4000));

  test("does not stop starts", () => {
    const { state, atMs } = waitingFor();
    const nowMs = atMs + 1000;
    const wants = step(
      state,
      { nowMs, gpus: [{ ...failed, list: { kind: "not-read" } }], words: [] },
      POLICY,
    );
    expect([wants.wantsList, wants.started.length]).toEqual([true, 0]);
    const again = step(wants.state, { nowMs, gpus: [failed], words: [] }, POLICY);
    expect(again.started.map(({ id }) => id)).toEqual(["a"]);
  });

  test("before the first one nobody starts", () => {
    const unread = { ...failed, list: { kind: "not-read" as const } };
    const first = step(EMPTY_STATE, { nowMs: 1000, gpus: [unread], words: [] }, POLICY);
    const { state } = declare(first.state, ask("a", 4000), {}, 1000, POLICY);
    const next = step(state, { nowMs: 2000, gpus: [unread], words: [] }, POLICY);
    expect([next.wantsList, next.started.length]).toEqual([true, 0]);
    const listed = step(next.state, { nowMs: 2000, gpus: [gpu([process(1, 5000)])], words: [] }, POLICY);
    expect(listed.started).toHaveLength(1);
  });

  test("stops them where something came since the last one", () => {
    const { state, atMs } = waitingFor();
    const came = { ...failed, usedMiB: 9000 };
    expect(step(state, { nowMs: atMs + 1000, gpus: [came], words: [] }, POLICY).started).toEqual([]);
  });

  test("CAP-20c what has gone since the last one is no room of the next job of whoever held it", () => {
    const there = gpu([process(1, 14_000, "llm"), process(2, 400, "renderer")]);
    const large = ask("render", 16_000, { pid: 2, backend: "renderer" });
    const waits = declared(seconds(20, START, [there]), large);
    const both = declared(waits, ask("answer", 13_000, { backend: "llm" }));
    const left: GpuEvidence = { ...there, usedMiB: 400, list: { kind: "hidden" } };
    const first = seconds(1, both, [left]);
    expect(first.started.map(({ id }) => id)).toEqual(["render"]);
    // Nor of one that comes while the first is still loading.
    const second = seconds(1, declared(seconds(1, waits, [left]), ask("late", 13_000, { backend: "llm" })), [
      left,
    ]);
    expect(second.started).toEqual([]);
  });

  test("CAP-20c what has gone since the last one may be what a running job will take again", () => {
    const there = gpu([process(1, 12_000), process(2, 2000)]);
    const large = declared(seconds(20, START, [gpu([])]), ask("two humps", 11_000, { pid: 1 }), [0]);
    const both = declared(large, ask("small", 2000, { pid: 2 }), [0]);
    const at = declared(seconds(5, both, [there]), ask("beside", 9000));
    const fell: GpuEvidence = { ...there, usedMiB: 3000, list: { kind: "hidden" } };
    expect(seconds(1, at, [fell]).started).toEqual([]);
  });
});

describe("a long wait", () => {
  /** Six minutes later; everybody's patience is over. */
  function waited(at: At, list: GpuEvidence): At {
    return seconds(3, { ...at, atMs: at.atMs + 360_000 }, [list]);
  }
  const small = ask("small", 7000, { asker: "s" });
  const slow = { ...small, jobClass: { ...small.jobClass, key: "slow", seconds: 600 } };

  test("the end of a job in a resident frees what the resident gives back, not the job's figure", () => {
    const resident = gpu([process(1, 9000)]);
    const idle = seconds(20, START, [resident]);
    const runs = declared(idle, ask("runs", 11_000, { pid: 1 }), [0]);
    const at = declared(seconds(2, runs, [gpu([process(1, 12_000)])]), ask("large", 18_000, { asker: "l" }));
    const after = waited(at, gpu([process(1, 12_000)]));
    // The resident would keep 9,000 of 24,264: nobody is kept waiting for room that will not come.
    expect(fits(after, slow)).toBeGreaterThan(0);
  });

  test("the end of a process frees all of it, so that its GPU is kept", () => {
    const runs = declared(seconds(20, START, [gpu([])]), ask("runs", 11_000, { pid: 1 }), [0]);
    const at = declared(seconds(2, runs, [gpu([process(1, 12_000)])]), ask("large", 18_000, { asker: "l" }));
    expect(fits(waited(at, gpu([process(1, 12_000)])), slow)).toBe(0);
  });
});

describe("where no process is named", () => {
  test("what grows after a yes is the asker's job, and what it reaches is learned", () => {
    const at = seconds(20, START, [unlisted(500)]);
    const { state } = askRoom(at.state, ask("t", 14_000), at.atMs, POLICY);
    const ramp = seconds(1, { ...at, state }, [unlisted(6000, 50)]);
    const peak = seconds(5, ramp, [unlisted(11_500, 90)]);
    expect(peak.state.tickets).toEqual([]);
    const gone = seconds(1, peak, [unlisted(500)]);
    expect(gone.state.learned.get("of 14000")?.peaks).toEqual([{ mib: 11_000, reported: false }]);
  });

  test("fit says 0 as long as admission lets nobody in: something moved that no declared job explains", () => {
    const busy = seconds(5, seconds(20, START, [unlisted(500)]), [unlisted(6000, 60)]);
    const wanted = ask("a", 4000);
    expect(fits(busy, wanted)).toBe(0);
    expect(seconds(1, declared(busy, wanted), [unlisted(6000, 60)]).started).toEqual([]);
    const { answer } = askRoom(busy.state, wanted, busy.atMs, POLICY);
    expect(answer.kind).toBe("no");
    const quiet = seconds(25, busy, [unlisted(6000)]);
    expect(fits(quiet, wanted)).toBeGreaterThan(0);
  });

  test("declared jobs are admitted by their figures: what they compute holds nobody up", () => {
    const at = declared(seconds(20, START, [unlisted(500)]), ask("a", 8000));
    const first = seconds(5, seconds(1, at, [unlisted(500)]), [unlisted(8000, 95)]);
    expect(first.state.running).toHaveLength(1);
    const second = seconds(1, declared(first, ask("b", 8000)), [unlisted(8500, 95)]);
    expect(second.started.map(({ id }) => id)).toEqual(["b"]);
  });
});

describe("what was learned", () => {
  const state = learn(
    EMPTY_STATE,
    {
      jobClass: jobClass("known", 10_000),
      outcome: "done",
      peakMiB: 8000,
      reported: true,
      durationMs: 30_000,
      figureMiB: 11_000,
    },
    POLICY,
  );

  test("outlives the sidecar as JSON", () => {
    const { learned, nearestRatios, recentMs } = state;
    const json: unknown = JSON.parse(JSON.stringify(keepLearned(state)));
    expect(restoreLearned(json)).toEqual({ learned, nearestRatios, recentMs });
  });

  test("one class that cannot be read costs no other", () => {
    const kept = keepLearned(state);
    const broken = { ...kept, classes: [{ key: "x", peaks: "many" }, ...kept.classes], recentMs: "none" };
    expect([...restoreLearned(broken).learned.keys()]).toEqual(["known"]);
    expect(restoreLearned("nonsense").learned.size).toBe(0);
  });
});
