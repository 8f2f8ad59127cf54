import { describe, expect, test } from "vitest";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { ask, cancel, connect, FREED, startLive } from "../helpers/release-rig.ts";
import type { RigOptions } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

describe("what else changes meanwhile", () => {
  const uuid = String(fakeGpu(0).uuid);
  const holding = (pid: number, used: number) => ({
    gpu_uuid: uuid,
    pid,
    process_name: `/usr/bin/p${pid}`,
    used_memory: used,
  });

  test("REL-12 what another process takes at the same time is no part of what was freed, to the MiB", async () => {
    const running = await startLive({
      script: {
        gpus: [fakeGpu(0, { "memory.used": 20_123, "memory.total": 49_140 })],
        processes: [holding(999_901, 18_000), holding(999_902, 2_000)],
      },
      onUnload: (_, fake) => {
        fake.setGpu(0, { "memory.used": 1_337 + 19_500 });
        fake.set({ processes: [holding(999_902, 21_500)] });
      },
    });
    const panel = await connect(running);
    await ask(panel, "now");
    expect(await panel.releaseIn("done", "failed")).toMatchObject({
      state: "done",
      freedMiB: FREED,
      gpus: [{ index: 0, beforeMiB: 20_123, afterMiB: 20_837, freedMiB: FREED }],
      meanwhile: [{ gpu: 0, pid: 999_902, name: "/usr/bin/p999902", changedMiB: 19_500 }],
    });
  });

  test("REL-12 REL-17c with the backend's process known, what others give back is not counted either", async () => {
    const running = await startLive({
      script: {
        gpus: [fakeGpu(0, { "memory.used": 20_123, "memory.total": 49_140 })],
        // The fake backend listens in this very process.
        processes: [holding(process.pid, 15_000), holding(999_902, 5_000)],
      },
      onUnload: (_, fake) => {
        fake.setGpu(0, { "memory.used": 20_123 - 14_600 - 5_000 });
        fake.set({ processes: [holding(process.pid, 400)] });
      },
    });
    const panel = await connect(running);
    await ask(panel, "now");
    expect(await panel.releaseIn("done", "failed")).toMatchObject({
      state: "done",
      freedMiB: 14_600,
      meanwhile: [{ pid: 999_902, changedMiB: -5_000 }],
      stillHeldBy: [{ pid: process.pid, usedMiB: 400, backend: "comfyui", because: "context" }],
    });
  });
});

describe("several backends", () => {
  const both: RigOptions = {
    script: { gpus: [fakeGpu(0, { "memory.used": 20_000, "memory.total": 49_140 })] },
    backends: ["comfyui", "http"],
    onUnload: (kind, fake) => {
      const used = Number(fake.script.gpus[0]?.["memory.used"]);
      fake.setGpu(0, { "memory.used": used - (kind === "http" ? 3_000 : 11_000) });
    },
  };

  test("REL-13 REL-13c one demand frees all, each measured by itself", async () => {
    const running = await startLive(both);
    const panel = await connect(running);
    await ask(panel, "auto");
    const done = await panel.releaseIn("done", "failed");
    expect(done).toMatchObject({ state: "done", freedMiB: 14_000, problem: null });
    expect(done.parts).toMatchObject([
      { backend: "comfyui", state: "done", freedMiB: 11_000 },
      { backend: "http", state: "done", freedMiB: 3_000 },
    ]);
    expect(done.gpus).toEqual([{ index: 0, beforeMiB: 20_000, afterMiB: 6_000, freedMiB: 14_000 }]);
  });

  test("REL-13 the idle one at once, the busy one after its job; cancelled then, what came back stays told", async () => {
    const running = await startLive(both);
    running.backend("comfyui").startJob();
    const panel = await connect(running);
    await ask(panel, "auto");
    const waiting = await panel.releaseIn("waiting-for-job");
    expect(waiting.parts).toMatchObject([
      { backend: "http", state: "done", freedMiB: 3_000 },
      { backend: "comfyui", state: "waiting-for-job" },
    ]);
    expect(await cancel(panel)).toMatchObject({ ok: true });
    expect(await panel.releaseIn("done", "failed")).toMatchObject({
      state: "done",
      freedMiB: 3_000,
      problem: { code: "cancelled-partly" },
    });
  });

  test("REL-13b one alone, and one that fails beside one that does not", async () => {
    const running = await startLive(both);
    const panel = await connect(running);
    await ask(panel, "auto", { backend: "http" });
    expect(await panel.releaseIn("done")).toMatchObject({ freedMiB: 3_000, backend: "http" });
    expect(running.backend("comfyui").isLoaded()).toBe(true);
    await running.backend("http").goDown();
    await ask(panel, "auto");
    const last = await waitUntil(
      () => panel.releases.findLast(({ state, freedMiB }) => state === "done" && freedMiB === 11_000),
      {
        timeoutMs: 30_000,
        what: "the second release",
      },
    );
    expect(last.parts).toMatchObject([
      { backend: "comfyui", state: "done" },
      { backend: "http", state: "failed", problem: { code: "backend-unreachable" } },
    ]);
    expect(last.problem?.code).toBe("backend-unreachable");
  });
});

describe("before and after", () => {
  test("REL-16 REL-17 the status stands in the state, the estimate in the release", async () => {
    const running = await startLive({ backends: ["http"] });
    const panel = await connect(running);
    const state = await waitUntil(
      async () => {
        const { state } = await (await fetch(`${running.sidecar.url}api/v1/state`)).json();
        return state.backends[0].reachable === true ? state : null;
      },
      { what: "the status" },
    );
    expect(state.backends).toEqual([
      {
        id: "http",
        kind: "http",
        url: null,
        reachable: true,
        problem: null,
        busy: false,
        queue: 0,
        models: [{ name: "wan2.2-i2v-a14b", usedMiB: 18_000 }],
        allocator: { allocatedMiB: 17_500, reservedMiB: 18_000, maxAllocatedMiB: 39_500 },
        parked: false,
        canLoad: false,
        givesNothing: false,
        modes: ["auto", "now", "after-current", "interrupt"],
        duringJob: "unknown",
      },
    ]);
    await ask(panel, "auto");
    expect(await panel.releaseIn("verifying")).toMatchObject({ estimateMiB: 18_000 });
  });

  test("REL-15 every release is kept with who, when, mode and freed, across a restart", async () => {
    const running = await startLive();
    const panel = await connect(running);
    await ask(panel, "now");
    const done = await panel.releaseIn("done");
    const record = {
      id: done.id,
      requestedBy: done.requestedBy,
      startedAt: done.startedAt,
      finishedAt: done.finishedAt,
      mode: "now",
      state: "done",
      freedMiB: FREED,
      gpus: done.gpus,
      parts: [{ backend: "comfyui", state: "done", freedMiB: FREED, problem: null }],
      problem: null,
    };
    expect(await panel.socket.emitWithAck("past-releases")).toEqual({ ok: true, data: [record] });
    const restarted = await running.restart();
    expect(await (await fetch(`${restarted.url}api/v1/releases`)).json()).toEqual([record]);
  });
});
