import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Backend, CallOutcome, UnloadOutcome } from "../../../../server/release/backends/backend.ts";
import { problem } from "../../../../shared/problems/make-problem.ts";
import type { Release } from "../../../../shared/release/release.ts";
import { DOWN, memoryBackend, SILENT } from "./memory-backend.ts";
import {
  ACCEPTED,
  beginFake,
  endAll,
  expectEnded,
  frees,
  LIMITS,
  machine,
  start,
} from "./release-machine.ts";

beforeEach(beginFake);
afterEach(endAll);

const forever = () => new Promise<never>(() => {});
/** What every method does by contract when the sidecar closes. */
const untilAborted = (signal: AbortSignal) =>
  new Promise<UnloadOutcome & CallOutcome>((resolve) => {
    const end = () => resolve({ kind: "failed", problem: problem("sidecar-closing"), reached: true });
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
  });

async function statusUntilAborted(signal: AbortSignal) {
  await untilAborted(signal);
  return SILENT;
}

describe("closing", () => {
  const settings: [string, (on: ReturnType<typeof machine>) => Partial<Backend>, Release["state"] | null][] =
    [
      ["before a demand", () => ({}), null],
      [
        "while the status is asked for",
        () => ({ status: (signal) => statusUntilAborted(signal) }),
        "calling",
      ],
      ["while the call is under way", () => ({ unload: (_, signal) => untilAborted(signal) }), "calling"],
      ["while it is measured", () => ({}), "verifying"],
      [
        "while nvidia-smi does not answer",
        (on) => {
          on.onQuery(forever);
          return {};
        },
        "calling",
      ],
    ];
  test.each(settings)("REL-14 %s: it ends, and the release with it", async (_, prepare, at) => {
    const on = machine(20_000);
    const { backend } = memoryBackend("a", prepare(on));
    const { controller, demand, inState } = start([backend], { on });
    if (at !== null) {
      demand({ mode: "now" });
      await inState(at);
      await vi.advanceTimersByTimeAsync(300);
    }
    let closed = false;
    void controller.close().then(() => {
      closed = true;
    });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(closed).toBe(true);
    expect(controller.request({ mode: "auto", requestedBy: "x" })).toMatchObject({ code: "sidecar-closing" });
    if (at === null) return;
    expectEnded(controller.state());
    expect(controller.state()).toMatchObject({ state: "failed", problem: { code: "sidecar-closing" } });
    expect(on.holds()).toBe(0);
  });

  test.each(["wait", "interrupt"] as const)("REL-14 while a job is waited for (%s)", async (how) => {
    const { backend, say } = memoryBackend("a", {
      modes: ["auto", "interrupt"],
      interrupt: async () => ({ kind: "accepted" }),
    });
    say({ busy: true });
    const { controller, demand, inState } = start([backend]);
    demand({ mode: how === "wait" ? "auto" : "interrupt" });
    await inState("waiting-for-job");
    await controller.close();
    expectEnded(controller.state());
    expect(controller.state()).toMatchObject({ state: "failed", problem: { code: "sidecar-closing" } });
  });

  test("REL-14 no backend is asked for anything after it, those whose turn had not come among them", async () => {
    const late: string[] = [];
    const noted = (id: string) =>
      memoryBackend(id, {
        unload: async (_, signal) => {
          if (signal.aborted) late.push(id);
          return ACCEPTED;
        },
      });
    const { controller, demand, inState } = start([noted("a").backend, noted("b").backend]);
    demand();
    await inState("verifying");
    const closing = controller.close();
    await vi.advanceTimersByTimeAsync(30_000);
    await closing;
    expectEnded(controller.state());
    expect(late).toEqual([]);
  });
});

describe("against the contract", () => {
  const boom = async () => {
    throw new Error("boom");
  };
  /** Rejections that nobody handles; vitest would take them for its own. */
  async function rejectionsOf(run: () => Promise<void>): Promise<unknown[]> {
    const others = process.listeners("unhandledRejection");
    const rejections: unknown[] = [];
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", (reason) => rejections.push(reason));
    try {
      await run();
      vi.useRealTimers();
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      process.removeAllListeners("unhandledRejection");
      for (const other of others) process.on("unhandledRejection", other);
    }
    return rejections;
  }

  const broken: [string, Partial<Backend>][] = [
    ["status", { status: boom }],
    ["unload", { unload: boom }],
    ["interrupt", { interrupt: boom, modes: ["auto", "interrupt"] }],
  ];
  test.each(broken)(
    "REL-14 a %s that throws fails its own part, is told, and ends nothing else",
    async (_, methods) => {
      const on = machine(20_000);
      const bad = memoryBackend("bad", methods);
      bad.say({ busy: methods.interrupt !== undefined });
      const good = memoryBackend("good", { unload: frees(on, 3000) });
      let end: Release | undefined;
      const rejections = await rejectionsOf(async () => {
        const { release } = start([bad.backend, good.backend], { on });
        end = await release(methods.interrupt === undefined ? {} : { mode: "interrupt" });
      });
      expect(rejections).toEqual([]);
      if (end === undefined) throw new Error("it did not end");
      expectEnded(end);
      expect(end).toMatchObject({ state: "done", freedMiB: 3000 });
      expect(end.problem).not.toBeNull();
      expect(end.parts.find(({ backend }) => backend === "good")).toMatchObject({
        state: "done",
        freedMiB: 3000,
      });
    },
  );

  test("REL-14 alone it ends as failed, with a fault that is told, and the next release is possible", async () => {
    const { backend } = memoryBackend("bad", { unload: boom });
    const { release } = start([backend]);
    const end = await release();
    expect(end).toMatchObject({ state: "failed", problem: { code: "release-fault" } });
    expect(end.problem?.message).toContain("boom");
    expectEnded(end);
    expect((await release()).id).not.toBe(end.id);
  });
});

describe("a backend that fails", () => {
  test("REL-14 gone in the middle of the wait: the release ends with the reason", async () => {
    const { backend, say, answer, calls } = memoryBackend("a");
    say({ busy: true });
    const { demand, inState, ended } = start([backend]);
    demand();
    await inState("waiting-for-job");
    answer(DOWN);
    expect(await ended(3000)).toMatchObject({ state: "failed", problem: { code: "backend-unreachable" } });
    expect(calls).toEqual([]);
  });

  test("REL-14 silent for a few looks is waited for, silent for good is not", async () => {
    const { backend, say, answer, calls } = memoryBackend("a");
    say({ busy: true });
    const { demand, inState, ended, controller } = start([backend]);
    demand();
    await inState("waiting-for-job");
    answer(SILENT);
    await vi.advanceTimersByTimeAsync(2 * LIMITS.statusIntervalMs);
    answer(null);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(controller.state().state).toBe("waiting-for-job");
    answer(SILENT);
    expect(await ended(30_000)).toMatchObject({ state: "failed", problem: { code: "backend-timeout" } });
    expect(calls).toEqual([]);
  });

  test("REL-14 one that no longer says whether it is busy is not waited for until the limit", async () => {
    const { backend, say } = memoryBackend("a");
    say({ busy: true });
    const { demand, inState, ended } = start([backend]);
    demand();
    await inState("waiting-for-job");
    say({ busy: null, queue: null });
    expect(await ended(30_000)).toMatchObject({ state: "failed", problem: { code: "busy-unknown" } });
  });

  test("REL-3 REL-14 one without a status that was down once is asked again the next time", async () => {
    const on = machine(20_000);
    let down = true;
    const away: UnloadOutcome = {
      kind: "failed",
      problem: problem("backend-unreachable", { detail: "x" }),
      reached: false,
    };
    const { backend } = memoryBackend(
      "a",
      { unload: async (mode, signal) => (down ? away : frees(on, 3000)(mode, signal)) },
      { hasStatus: false },
    );
    const { release } = start([backend], { on });
    expect(await release({ mode: "now" })).toMatchObject({ problem: { code: "backend-unreachable" } });
    down = false;
    expect(await release({ mode: "now" })).toMatchObject({ state: "done", freedMiB: 3000, problem: null });
  });

  test("REL-11b a job that does not end: what is said does not claim that nothing was asked when it was", async () => {
    const { backend, say, calls } = memoryBackend("a", { duringJob: "deferred" });
    say({ busy: true, queue: 1 });
    const { release } = start([backend], { limits: { jobLimitMs: 20_000 } });
    const end = await release({ mode: "after-current" });
    expectEnded(end);
    expect(calls).toEqual(["unload after-current"]);
    expect(`${end.problem?.message} ${end.problem?.advice}`).not.toMatch(/nothing was asked/i);
  });

  test("REL-14 nvidia-smi that does not answer the process query does not hold the release for ever", async () => {
    const on = machine(20_000);
    const { backend } = memoryBackend("a", { unload: frees(on, 3000) });
    on.onQuery(forever);
    const { release } = start([backend], { on });
    expect(await release()).toMatchObject({ state: "done", freedMiB: 3000 });
  });
});
