import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Backend, UnloadOutcome } from "../../../../server/release/backends/backend.ts";
import type { ReleaseDemand } from "../../../../server/release/targets.ts";
import { memoryBackend, SILENT } from "./memory-backend.ts";
import { ACCEPTED, beginFake, endAll, expectEnded, frees, machine, start } from "./release-machine.ts";

beforeEach(beginFake);
afterEach(endAll);

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

  test("REL-4b a demand that arrives again after the end is still that release, also one that joined it", async () => {
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

  test("REL-4b of many releases the last are remembered, and the map does not grow without end", async () => {
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

  test("REL-5 what cannot be carried out is refused and begins nothing", async () => {
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
  test("REL-11b it is refused in every phase but waiting", async () => {
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

  test("REL-11b while it waits: nothing is asked, it is told who did it, and twice is once", async () => {
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

  test("REL-11b a job's end in the same moment: what the cancel was told holds", async () => {
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

  test("REL-11b once it was cancelled it is not shown as waiting, though the backend does not answer any more", async () => {
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

  test("REL-11b REL-13 of several backends: what was freed before stays told, what comes after is not asked", async () => {
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

  test("REL-11b nothing that was not asked is said to keep anything on purpose", async () => {
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
