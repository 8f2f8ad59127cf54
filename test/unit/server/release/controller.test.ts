import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createBackendWatch } from "../../../../server/release/backend-watch.ts";
import type { Backend, CallOutcome, UnloadOutcome } from "../../../../server/release/backends/backend.ts";
import { createReleaseController, type ReleaseDemand } from "../../../../server/release/controller.ts";
import type { GpuProcess } from "../../../../shared/gpu/gpu.ts";
import { problem } from "../../../../shared/problems/make-problem.ts";
import { recordOf } from "../../../../shared/release/record.ts";
import type { Release } from "../../../../shared/release/release.ts";
import { DOWN, IDLE, memoryBackend, SILENT } from "./memory-backend.ts";
import { ACCEPTED, beginFake, endAll, frees, LIMITS, machine, start } from "./release-machine.ts";

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

/** Every part of a release that has ended has ended, too, and it is kept. */
function expectEnded(release: Release) {
  expect(["done", "failed"]).toContain(release.state);
  expect(release.waiting).toBeNull();
  for (const part of release.parts)
    expect(["done", "failed", "cancelled"], part.backend).toContain(part.state);
  if (release.state === "failed") expect(release.problem).not.toBeNull();
  expect(recordOf(release)).toMatchObject({ id: release.id, state: release.state });
}

describe("one at a time", () => {
  test("REL-4 demands during a release join it, whatever they want; the backend is asked once", async () => {
    const on = machine(20_000);
    const { backend, calls } = memoryBackend("a");
    const { demand, ended } = start([backend], { on });
    const id = demand({ mode: "now", requestId: "r1" });
    expect(demand({ mode: "after-current", requestId: "r2" })).toBe(id);
    expect(demand({ mode: "now", requestId: "r1" })).toBe(id);
    expect(demand()).toBe(id);
    await ended();
    expect(calls).toEqual(["unload now"]);
    expect(on.holds()).toBe(0);
  });

  test("REL-4 a demand that arrives again after the end is still that release, also one that joined it", async () => {
    const { backend, calls } = memoryBackend("a");
    const { demand, ended, controller } = start([backend]);
    const id = demand({ requestId: "r1" });
    demand({ requestId: "r2" });
    await ended();
    expect(demand({ requestId: "r1" })).toBe(id);
    expect(demand({ requestId: "r2" })).toBe(id);
    expect(calls).toHaveLength(1);
    expect(demand({ requestId: "r3" })).not.toBe(id);
    await ended();
    expect(controller.find(id)?.id).toBe(id);
  });

  test("REL-4 of many releases the last are remembered, and the map does not grow without end", async () => {
    const { backend } = memoryBackend("a", { unload: async () => ({ kind: "nothing-loaded" }) });
    const { demand, ended, controller } = start([backend]);
    const ids: string[] = [];
    for (let i = 0; i < 60; i++) {
      ids.push(demand({ requestId: `r${i}` }));
      await ended();
    }
    expect(new Set(ids).size).toBe(60);
    expect(ids.map((id) => controller.find(id)).filter((release) => release !== null)).toHaveLength(50);
    expect(controller.find(ids.at(-1) ?? "")?.state).toBe("done");
  });

  test("REL-4 what cannot be carried out is refused and begins nothing", async () => {
    const { backend } = memoryBackend("a");
    const { controller } = start([backend]);
    const refused = (more: Partial<ReleaseDemand>) =>
      controller.request({ mode: "auto", requestedBy: "x", ...more });
    expect(refused({ backend: "b" })).toMatchObject({ ok: false, code: "unknown-backend" });
    expect(refused({ mode: "interrupt" })).toMatchObject({ ok: false, code: "mode-unsupported" });
    expect(controller.state().state).toBe("idle");
    expect(start([]).controller.request({ mode: "auto", requestedBy: "x" })).toMatchObject({
      code: "no-backend",
    });
  });
});

describe("cancelling", () => {
  test("REL-11 it is refused in every phase but waiting", async () => {
    const on = machine(20_000);
    const answers: ((outcome: UnloadOutcome) => void)[] = [];
    const { backend } = memoryBackend("a", { unload: () => new Promise((resolve) => answers.push(resolve)) });
    const { controller, demand, until, inState, ended } = start([backend], { on });
    const refused = (id?: string) =>
      expect(controller.cancel("10.0.0.2", id)).toMatchObject({ ok: false, code: "not-waiting" });
    refused();
    const id = demand({ mode: "now" });
    refused(id);
    await until(() => answers.length > 0);
    refused(id);
    on.levels[0] = 5000;
    answers[0]?.(ACCEPTED);
    await inState("verifying");
    refused(id);
    expect(await ended()).toMatchObject({ state: "done", freedMiB: 15_000, problem: null });
    refused(id);
  });

  test("REL-11 while it waits: nothing is asked, it is told who did it, and twice is once", async () => {
    const { backend, calls, say } = memoryBackend("a");
    say({ busy: true });
    const { controller, demand, inState, ended, seen } = start([backend]);
    const id = demand({ mode: "after-current" });
    await inState("waiting-for-job");
    expect(controller.cancel("10.0.0.2", "another")).toMatchObject({ ok: false });
    expect(controller.cancel("10.0.0.2", id)).toEqual({ ok: true, data: { id } });
    controller.cancel("10.0.0.3", id);
    const end = await ended();
    expectEnded(end);
    expect(end).toMatchObject({
      state: "failed",
      freedMiB: null,
      gpus: [],
      problem: { code: "release-cancelled" },
    });
    expect(end.problem?.params).toEqual({ by: "10.0.0.2" });
    expect(seen.filter(({ finishedAt }) => finishedAt !== null)).toHaveLength(1);
    expect(controller.cancel("10.0.0.2", id)).toMatchObject({ ok: false });
    say({ busy: false });
    await vi.advanceTimersByTimeAsync(5000);
    expect(calls).toEqual([]);
  });

  test("REL-11 a job's end in the same moment: what the cancel was told holds", async () => {
    const { backend, calls, say } = memoryBackend("a", {}, { pushes: true });
    say({ busy: true });
    const { controller, demand, inState, ended } = start([backend]);
    demand({ mode: "after-current" });
    await inState("waiting-for-job");
    // Both orders, with no turn in between.
    const before = controller.cancel("10.0.0.2");
    say({ busy: false });
    expect(before.ok).toBe(true);
    expect(await ended()).toMatchObject({ problem: { code: "release-cancelled" } });
    say({ busy: true });
    demand({ mode: "after-current" });
    await inState("waiting-for-job");
    say({ busy: false });
    expect(controller.cancel("10.0.0.2").ok).toBe(true);
    expect(await ended()).toMatchObject({ problem: { code: "release-cancelled" } });
    expect(calls).toEqual([]);
  });

  test("REL-11 once it was cancelled it is not shown as waiting, though the backend does not answer any more", async () => {
    const { backend, say } = memoryBackend("a");
    say({ busy: true });
    let hang = false;
    const status = backend.status?.bind(backend);
    const slow: Backend = {
      ...backend,
      status: async (signal) => {
        if (hang) await new Promise((resolve) => setTimeout(resolve, 5000));
        return status?.(signal) ?? SILENT;
      },
    };
    const { controller, demand, inState, until } = start([slow]);
    demand({ mode: "after-current" });
    await inState("waiting-for-job");
    hang = true;
    expect(controller.cancel("10.0.0.2").ok).toBe(true);
    await until(({ waiting }) => waiting === null, 1000);
  });

  test("REL-11 REL-13 of several backends: what was freed before stays told, what comes after is not asked", async () => {
    const on = machine(20_000);
    const idle = memoryBackend("idle", { unload: frees(on, 3000) });
    const busy = memoryBackend("busy");
    const third = memoryBackend("third");
    for (const { say } of [busy, third]) say({ busy: true });
    const { controller, release, inState, ended, demand } = start(
      [third.backend, busy.backend, idle.backend],
      { on },
    );
    demand({ mode: "after-current" });
    const waiting = await inState("waiting-for-job");
    expect(waiting.parts.map(({ backend, state }) => `${backend} ${state}`)).toEqual([
      "idle done",
      "third waiting-for-job",
      "busy pending",
    ]);
    expect(controller.cancel("10.0.0.2").ok).toBe(true);
    const end = await ended();
    expectEnded(end);
    expect(end).toMatchObject({ state: "done", freedMiB: 3000, problem: { code: "cancelled-partly" } });
    expect([...busy.calls, ...third.calls]).toEqual([]);
    // The next one is another release: no cancel hangs over it.
    for (const { say } of [busy, third]) say({ busy: false });
    expect((await release()).problem?.code).not.toBe("cancelled-partly");
  });

  test("REL-11 nothing that was not asked is said to keep anything on purpose", async () => {
    const on = machine(20_000);
    on.processes[0] = [{ pid: 5, name: "python", usedMiB: 18_000, backend: "a" }];
    const { backend, say } = memoryBackend("a");
    say({ busy: true });
    const { controller, demand, inState, ended } = start([backend], { on });
    demand({ mode: "after-current" });
    await inState("waiting-for-job");
    controller.cancel("10.0.0.2");
    expect((await ended()).stillHeldBy.filter(({ because }) => because === "kept")).toEqual([]);
  });
});

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

  test("REL-11 a job that does not end: what is said does not claim that nothing was asked when it was", async () => {
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

describe("modes and several backends", () => {
  test("REL-13 a mode that one does not know is carried out where it is known, and is auto elsewhere", async () => {
    const on = machine(20_000);
    const stopped: string[] = [];
    const knows = memoryBackend("knows", {
      modes: ["auto", "interrupt"],
      interrupt: async () => {
        stopped.push("knows");
        knows.say({ busy: false });
        return { kind: "accepted" };
      },
    });
    const plain = memoryBackend("plain", { modes: ["auto"] });
    knows.say({ busy: true });
    const { release } = start([knows.backend, plain.backend], { on });
    const end = await release({ mode: "interrupt" });
    expectEnded(end);
    expect(end.mode).toBe("interrupt");
    expect(stopped).toEqual(["knows"]);
    expect([knows.calls, plain.calls]).toEqual([["unload interrupt"], ["unload auto"]]);
  });

  test("REL-10 REL-13 one that does not know “now” by its kind is still not broken by it", async () => {
    const unsafe = memoryBackend("unsafe", { duringJob: "unsafe" });
    unsafe.say({ busy: true });
    const other = memoryBackend("other");
    const { release } = start([unsafe.backend, other.backend]);
    const end = await release({ mode: "now" });
    expectEnded(end);
    expect(unsafe.calls).toEqual([]);
    expect(end.parts).toMatchObject([
      { backend: "other" },
      { backend: "unsafe", state: "failed", problem: { code: "backend-busy" } },
    ]);
  });

  test("REL-10 a job that began while another backend was released is waited for", async () => {
    const on = machine(20_000);
    let busy = false;
    const broken: string[] = [];
    // It pushes nothing, and its turn comes before the next poll.
    const second = memoryBackend("second", {
      status: async () => ({ kind: "status", status: { ...IDLE, busy } }),
      unload: async () => {
        if (busy) broken.push("second");
        return ACCEPTED;
      },
    });
    const first = memoryBackend("first", {
      unload: async () => {
        on.levels[0] = 15_000;
        return ACCEPTED;
      },
    });
    const watch = createBackendWatch([first.backend, second.backend], 600_000);
    const controller = createReleaseController({
      backends: [first.backend, second.backend],
      watch,
      samples: on.source,
      ownersFound: () => true,
      limits: LIMITS,
    });
    onTestFinished(on.stop);
    controller.request({ mode: "auto", requestedBy: "x" });
    await vi.advanceTimersByTimeAsync(1500);
    expect(controller.state()).toMatchObject({ state: "verifying", backend: "first" });
    busy = true;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(broken).toEqual([]);
  });

  test("REL-10 a job that begins while the figures before the call are taken is not broken", async () => {
    const on = machine(20_000);
    const broken: string[] = [];
    let busy = false;
    const { backend, say } = memoryBackend(
      "a",
      {
        async unload() {
          if (busy) broken.push("a");
          return ACCEPTED;
        },
      },
      { pushes: true },
    );
    // A driver that takes its time.
    on.onQuery(() => new Promise((resolve) => setTimeout(resolve, 2000)));
    const { demand, until } = start([backend], { on });
    demand();
    await until(({ parts }) => parts[0]?.state === "calling");
    await vi.advanceTimersByTimeAsync(500);
    busy = true;
    say({ busy: true });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(broken).toEqual([]);
  });

  test("REL-11 with jobs queued: one that is stopped at once is not waited for until the next one's end", async () => {
    const on = machine(20_000);
    const { backend, say } = memoryBackend(
      "a",
      {
        duringJob: "deferred",
        modes: ["auto", "interrupt"],
        async interrupt() {
          on.levels[0] = 4000;
          say({ busy: true, queue: 0 });
          return { kind: "accepted" };
        },
      },
      { pushes: true },
    );
    say({ busy: true, queue: 1 });
    const { release } = start([backend], { on });
    expect(await release({ mode: "interrupt" })).toMatchObject({
      state: "done",
      freedMiB: 16_000,
      problem: null,
    });
  });

  test("REL-11 with jobs queued: no job is stopped for a release that the backend has refused", async () => {
    const stopped: string[] = [];
    const { backend, say } = memoryBackend("a", {
      duringJob: "deferred",
      modes: ["auto", "interrupt"],
      unload: async () => ({
        kind: "failed",
        problem: problem("backend-unauthorized", { status: 401 }),
        reached: true,
      }),
      async interrupt() {
        stopped.push("a");
        return { kind: "accepted" };
      },
    });
    say({ busy: true, queue: 1 });
    const { release } = start([backend]);
    expect(await release({ mode: "interrupt" })).toMatchObject({ problem: { code: "backend-unauthorized" } });
    expect(stopped).toEqual([]);
  });
});

describe("the figure", () => {
  test("REL-1 several GPUs and a backend on one of them: the others stand beside it unchanged", async () => {
    const on = machine(20_000, 7000, null);
    const { backend } = memoryBackend("a", { unload: frees(on, 18_663) });
    const { release } = start([backend], { on });
    expect(await release()).toMatchObject({
      freedMiB: 18_663,
      gpus: [
        { index: 0, beforeMiB: 20_000, afterMiB: 1337, freedMiB: 18_663 },
        { index: 1, beforeMiB: 7000, afterMiB: 7000, freedMiB: 0 },
        { index: 2, beforeMiB: null, afterMiB: null, freedMiB: null },
      ],
    });
  });

  test("REL-1 one GPU alone is measured where that was asked for", async () => {
    const on = machine(20_000, 7000);
    const { backend } = memoryBackend("a", {
      async unload() {
        on.levels[0] = 1000;
        on.levels[1] = 2000;
        return ACCEPTED;
      },
    });
    const { release } = start([backend], { on });
    const end = await release({ gpu: 1 });
    expect(end).toMatchObject({ freedMiB: 5000, gpus: [{ index: 1 }] });
    expect(end.gpus).toHaveLength(1);
  });

  test("REL-1 a GPU that is lost meanwhile gives nothing back", async () => {
    const on = machine(20_000, 7000);
    const { backend } = memoryBackend("a", {
      async unload() {
        on.levels[0] = 1000;
        on.levels[1] = null;
        return ACCEPTED;
      },
    });
    const { release } = start([backend], { on });
    expect(await release()).toMatchObject({
      freedMiB: 19_000,
      gpus: [{ freedMiB: 19_000 }, { afterMiB: null, freedMiB: null }],
    });
  });

  test("REL-6 samples that stop after the call, before anything came back, say nothing of it", async () => {
    const on = machine(20_000);
    const { backend } = memoryBackend("a");
    const { demand, inState, ended } = start([backend], { on });
    demand();
    await inState("verifying");
    await vi.advanceTimersByTimeAsync(600);
    on.die();
    expect(await ended()).toMatchObject({ freedMiB: null, problem: { code: "not-measured" } });
  });

  test("REL-6 without samples from the beginning it is not measured", async () => {
    const on = machine(20_000);
    const { backend, calls } = memoryBackend("a");
    on.die();
    const { release } = start([backend], { on });
    const end = await release();
    expectEnded(end);
    expect(end).toMatchObject({ state: "done", freedMiB: null, problem: { code: "not-measured" } });
    expect(calls).toEqual(["unload auto"]);
  });

  const own = (usedMiB: number): GpuProcess => ({ pid: 5, name: "python", usedMiB, backend: "a" });
  const other = (usedMiB: number, pid = 6): GpuProcess => ({ pid, name: "blender", usedMiB });

  test("REL-12 what another took or gave back is left out, with the list of processes known before and after", async () => {
    const on = machine(20_000);
    on.processes[0] = [own(15_000), other(5000)];
    const { backend } = memoryBackend("a", {
      async unload() {
        on.levels[0] = 20_000 - 14_600 + 2500;
        on.processes[0] = [own(400), other(7500)];
        return ACCEPTED;
      },
    });
    const { release } = start([backend], { on });
    expect(await release()).toMatchObject({
      freedMiB: 14_600,
      meanwhile: [{ pid: 6, changedMiB: 2500 }],
      stillHeldBy: [
        { pid: 6, because: "other-program" },
        { pid: 5, because: "context" },
      ],
    });
  });

  test("REL-12 a process query that fails before or after leaves the plain difference, and tells of no change", async () => {
    for (const when of ["before", "after"]) {
      const on = machine(20_000);
      on.processes[0] = when === "before" ? null : [own(15_000)];
      const { backend } = memoryBackend("a", {
        async unload() {
          on.levels[0] = 5000;
          on.processes[0] = when === "before" ? [own(400), other(4000)] : null;
          return ACCEPTED;
        },
      });
      const { release } = start([backend], { on });
      expect(await release()).toMatchObject({ freedMiB: 15_000, meanwhile: [] });
    }
  });

  test("REL-12 a process of the backend that starts meanwhile is part of what it holds", async () => {
    const on = machine(20_000);
    on.processes[0] = [own(15_000)];
    const { backend } = memoryBackend("a", {
      async unload() {
        on.levels[0] = 20_000 - 15_000 + 1000;
        on.processes[0] = [{ pid: 9, name: "worker", usedMiB: 1000, backend: "a" }];
        return ACCEPTED;
      },
    });
    const { release } = start([backend], { on });
    expect(await release()).toMatchObject({ freedMiB: 14_000, meanwhile: [] });
  });

  test.each([true, false])(
    "REL-12 what another took long before the release is no part of it, though the last list of processes is older (pushed: %s)",
    async (pushes) => {
      const on = machine(10_000);
      on.processes[0] = [own(9000)];
      // The last viewer left here.
      await on.source.refreshProcesses();
      await vi.advanceTimersByTimeAsync(1000);
      on.levels[0] = 18_000;
      on.processes[0] = [own(9000), other(8000)];
      await vi.advanceTimersByTimeAsync(60_000);
      const { backend, say } = memoryBackend("a", { duringJob: "deferred" }, { pushes });
      say({ busy: true, queue: 1 });
      const { demand, inState, ended } = start([backend], { on, watched: false });
      demand({ mode: "after-current" });
      await inState("waiting-for-job");
      await vi.advanceTimersByTimeAsync(20_000);
      on.levels[0] = 9400;
      on.processes[0] = [own(400), other(8000)];
      say({ busy: true, queue: 0 });
      const end = await ended();
      expect(end).toMatchObject({ state: "done", freedMiB: 8600, meanwhile: [] });
    },
  );
});
