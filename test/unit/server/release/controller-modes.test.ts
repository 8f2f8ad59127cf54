import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createBackendWatch } from "../../../../server/release/backend-watch.ts";
import { createReleaseController } from "../../../../server/release/controller.ts";
import { problem } from "../../../../shared/problems/make-problem.ts";
import { IDLE, memoryBackend } from "./memory-backend.ts";
import { ACCEPTED, beginFake, endAll, expectEnded, LIMITS, machine, start } from "./release-machine.ts";

beforeEach(beginFake);
afterEach(endAll);

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

  test("REL-11 a job that queues up behind the one that is waited for: the backend is asked at once", async () => {
    const on = machine(20_000);
    const { backend, say } = memoryBackend(
      "a",
      {
        duringJob: "deferred",
        async unload() {
          on.levels[0] = 4000;
          return ACCEPTED;
        },
      },
      { pushes: true },
    );
    say({ busy: true, queue: 0 });
    const { demand, until } = start([backend], { on });
    demand();
    await until(({ state }) => state === "waiting-for-job");
    say({ busy: true, queue: 1 });
    await until(({ waiting }) => waiting?.asked === true);
    say({ busy: true, queue: 0 });
    await until(({ state }) => state === "done");
  });

  test("REL-11 a job that ends as another is queued has ended, where the backend names it", async () => {
    const on = machine(20_000);
    const { backend, say, calls } = memoryBackend("a", { duringJob: "deferred" }, { pushes: true });
    say({ busy: true, queue: 1, job: "first" });
    const { demand, until } = start([backend], { on });
    demand();
    await until(() => calls.length > 0);
    on.levels[0] = 4000;
    say({ busy: true, queue: 1, job: "second" });
    await until(({ state }) => state === "done");
  });

  test("REL-11c with jobs queued: one that is stopped at once is not waited for until the next one's end", async () => {
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

  test("REL-11c with jobs queued: no job is stopped for a release that the backend has refused", async () => {
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
