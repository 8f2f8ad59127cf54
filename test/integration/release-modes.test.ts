import { afterEach, describe, expect, test } from "vitest";
import type { ReleaseMode } from "../../shared/release/release.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import type { PanelClient } from "../helpers/panel-client.ts";
import { type Rig, type RigOptions, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

/** A ComfyUI that holds 20,123 MiB, of which 1,337 stay after an unload. */
async function startLive(options: RigOptions = {}): Promise<Rig> {
  rig = await startRig({
    script: { gpus: [fakeGpu(0, { "memory.used": 20_123, "memory.total": 24_564 })] },
    backends: ["comfyui"],
    onUnload: (_, fake) => fake.setGpu(0, { "memory.used": 1_337 }),
    ...options,
  });
  return rig;
}

async function connect(running: Rig): Promise<PanelClient> {
  const panel = running.connect();
  await panel.hello();
  await waitUntil(() => panel.samples.length > 0, { what: "a sample" });
  return panel;
}

async function ask(panel: PanelClient, mode: ReleaseMode, more: object = {}) {
  const { bootId } = await panel.hello();
  return panel.socket.emitWithAck("release", {
    requestId: `${mode}-${Math.random()}`,
    bootId,
    mode,
    ...more,
  });
}

async function cancel(panel: PanelClient) {
  return panel.socket.emitWithAck("cancel-release", { id: panel.releases.at(-1)?.id ?? "none" });
}

const FREED = 20_123 - 1_337;

describe("a job is running", () => {
  test.each(["auto", "after-current"] as const)(
    "REL-11 %s waits for its end, the job completes unharmed, then VRAM falls and is measured",
    async (mode) => {
      const running = await startLive();
      const comfy = running.backend("comfyui");
      comfy.startJob();
      const panel = await connect(running);
      await ask(panel, mode);
      const waiting = await panel.releaseIn("waiting-for-job");
      expect(waiting).toMatchObject({
        backend: "comfyui",
        waiting: { cancellable: true, asked: false, queue: 0 },
      });
      expect(comfy.calls.filter(({ method }) => method === "POST")).toEqual([]);
      comfy.endJob();
      const done = await panel.releaseIn("done", "failed");
      expect(done).toMatchObject({ state: "done", freedMiB: FREED, waiting: null, problem: null });
      expect([comfy.finishedJobs(), comfy.harmedJobs(), comfy.interruptedJobs()]).toEqual([1, 0, 0]);
    },
  );

  test("REL-11 with another job queued behind it ComfyUI unloads between the two, and both complete", async () => {
    const running = await startLive();
    const comfy = running.backend("comfyui");
    comfy.startJob();
    comfy.startJob();
    const panel = await connect(running);
    await ask(panel, "after-current");
    const waiting = await panel.releaseIn("waiting-for-job");
    expect(waiting.waiting).toMatchObject({ queue: 1, asked: true });
    const inUse = () => running.fake.script.gpus[0]?.["memory.used"];
    expect(inUse()).toBe(20_123);
    comfy.endJob();
    // At once, before the next job began, which is running now.
    expect([inUse(), comfy.isBusy()]).toEqual([1_337, true]);
    expect(await panel.releaseIn("done", "failed")).toMatchObject({ state: "done", freedMiB: FREED });
    comfy.endJob();
    expect([comfy.finishedJobs(), comfy.harmedJobs()]).toEqual([2, 0]);
  });

  test("REL-11c interrupt stops the job, then releases", async () => {
    const running = await startLive();
    const comfy = running.backend("comfyui");
    comfy.startJob();
    const panel = await connect(running);
    await ask(panel, "interrupt");
    expect(await panel.releaseIn("done", "failed")).toMatchObject({ state: "done", freedMiB: FREED });
    expect([comfy.interruptedJobs(), comfy.finishedJobs(), comfy.harmedJobs()]).toEqual([1, 0, 0]);
  });

  test("REL-11b REL-8 a second viewer sees it wait, joins with a click, cancels it; nothing was asked", async () => {
    const running = await startLive();
    const comfy = running.backend("comfyui");
    comfy.startJob();
    const first = await connect(running);
    const begun = await ask(first, "after-current");
    await first.releaseIn("waiting-for-job");
    const second = await connect(running);
    expect((await second.hello()).state.release.state).toBe("waiting-for-job");
    expect(await ask(second, "interrupt")).toEqual(begun);
    const id = begun.ok ? begun.data.id : "";
    expect(await second.socket.emitWithAck("cancel-release", { id })).toEqual({ ok: true, data: { id } });
    const [seen, alsoSeen] = await Promise.all([first.releaseIn("failed"), second.releaseIn("failed")]);
    expect(alsoSeen).toEqual(seen);
    expect(seen).toMatchObject({ freedMiB: null, problem: { code: "release-cancelled" } });
    expect(seen.parts).toMatchObject([{ backend: "comfyui", state: "cancelled" }]);
    expect(comfy.calls.filter(({ method }) => method === "POST")).toEqual([]);
    comfy.endJob();
    expect(comfy.isLoaded()).toBe(true);
    expect([comfy.finishedJobs(), comfy.interruptedJobs()]).toEqual([1, 0]);
  });

  test("REL-11b over HTTP: DELETE cancels what waits, and only that", async () => {
    const running = await startLive();
    running.backend("comfyui").startJob();
    const api = `${running.sidecar.url}api/v1/release`;
    const headers = { "content-type": "application/json" };
    const posted = await fetch(api, { method: "POST", headers, body: '{"mode":"after-current"}' });
    const { id } = await posted.json();
    const state = async () => (await (await fetch(`${api}/${id}`)).json()).state;
    await waitUntil(async () => (await state()) === "waiting-for-job", { what: "the release to wait" });
    expect((await fetch(`${api}/another`, { method: "DELETE" })).status).toBe(409);
    expect((await fetch(`${api}/${id}`, { method: "DELETE" })).status).toBe(200);
    await waitUntil(async () => (await state()) === "failed", { what: "the end" });
    expect((await fetch(`${api}/${id}`, { method: "DELETE" })).status).toBe(409);
  });

  test("REL-10 A1111 has no lock: it is not called while a job runs, whatever the mode", async () => {
    const running = await startLive({ backends: ["a1111"] });
    const a1111 = running.backend("a1111");
    a1111.startJob();
    const panel = await connect(running);
    await ask(panel, "now");
    expect(await panel.releaseIn("failed")).toMatchObject({ problem: { code: "backend-busy" } });
    await ask(panel, "auto");
    await panel.releaseIn("waiting-for-job");
    a1111.endJob();
    expect(await panel.releaseIn("done")).toMatchObject({ freedMiB: FREED });
    expect([a1111.finishedJobs(), a1111.harmedJobs()]).toEqual([1, 0]);
  });
});

test("REL-9 a ComfyUI that misses its wake-up is asked once more while it is idle", async () => {
  const running = await startLive({ settings: { releasePatience: 3000 } });
  const comfy = running.backend("comfyui");
  if (!("missNextWakeUp" in comfy) || typeof comfy.missNextWakeUp !== "function")
    throw new Error("no ComfyUI");
  comfy.missNextWakeUp();
  const panel = await connect(running);
  await ask(panel, "now");
  expect(await panel.releaseIn("done", "failed")).toMatchObject({ state: "done", freedMiB: FREED });
  expect(comfy.calls.filter(({ path }) => path === "/free")).toHaveLength(2);
});

test("REL-11b once the backend has been asked, a cancel only ends the wait, and says so", async () => {
  const running = await startLive();
  const comfy = running.backend("comfyui");
  comfy.startJob();
  comfy.startJob();
  const panel = await connect(running);
  await ask(panel, "after-current");
  await panel.releaseIn("waiting-for-job");
  expect(await cancel(panel)).toMatchObject({ ok: true });
  expect(await panel.releaseIn("failed")).toMatchObject({ problem: { code: "left-to-backend" } });
  comfy.endJob();
  expect(running.fake.script.gpus[0]?.["memory.used"]).toBe(1_337);
});

test("REL-15 REL-14 a release that the end of the sidecar breaks off is told as such, and kept", async () => {
  const running = await startLive();
  running.backend("comfyui").startJob();
  const panel = await connect(running);
  await ask(panel, "after-current");
  const { id } = await panel.releaseIn("waiting-for-job");
  const restarted = await running.restart();
  expect(await (await fetch(`${restarted.url}api/v1/releases`)).json()).toMatchObject([
    { id, state: "failed", problem: "sidecar-closing" },
  ]);
});

describe("after a release", () => {
  test("REL-18 A1111 is told to be unable to run a job, and made ready by whoever may release", async () => {
    const running = await startLive({ backends: ["a1111"] });
    const panel = await connect(running);
    await ask(panel, "now");
    await panel.releaseIn("done");
    const parked = async () =>
      (await (await fetch(`${running.sidecar.url}api/v1/state`)).json()).state.backends[0].parked;
    expect(await parked()).toBe(true);
    const prepared = await fetch(`${running.sidecar.url}api/v1/backends/a1111/prepare`, { method: "POST" });
    expect([prepared.status, await prepared.json()]).toEqual([200, { id: "a1111" }]);
    expect(await parked()).toBe(false);
    const a1111 = running.backend("a1111");
    expect(a1111.isLoaded()).toBe(true);
    a1111.startJob();
    a1111.endJob();
    expect([a1111.finishedJobs(), a1111.harmedJobs()]).toEqual([1, 0]);
    expect(await panel.socket.emitWithAck("prepare-backend", { id: "none" })).toMatchObject({
      ok: false,
      code: "unknown-backend",
    });
  });
});

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
