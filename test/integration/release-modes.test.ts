import { describe, expect, test } from "vitest";
import { ask, cancel, connect, FREED, startLive } from "../helpers/release-rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

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
    const ofAnother = { "x-gpu-panel-backend": "another-app" };
    expect((await fetch(`${api}/${id}`, { method: "DELETE", headers: ofAnother })).status).toBe(409);
    expect(await state()).toBe("waiting-for-job");
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
    const told = async () =>
      (await (await fetch(`${running.sidecar.url}api/v1/state`)).json()).state.backends[0];
    expect(await told()).toMatchObject({ parked: true, canLoad: true });
    // By both its names.
    for (const name of ["load", "prepare"]) {
      const loaded = await fetch(`${running.sidecar.url}api/v1/backends/a1111/${name}`, { method: "POST" });
      expect([loaded.status, await loaded.json()]).toEqual([200, { id: "a1111" }]);
      expect(await told()).toMatchObject({ parked: false, canLoad: false });
    }
    const a1111 = running.backend("a1111");
    expect(a1111.isLoaded()).toBe(true);
    a1111.startJob();
    a1111.endJob();
    expect([a1111.finishedJobs(), a1111.harmedJobs()]).toEqual([1, 0]);
    expect(await panel.socket.emitWithAck("load-backend", { id: "none" })).toMatchObject({
      ok: false,
      code: "unknown-backend",
    });
  });
});
