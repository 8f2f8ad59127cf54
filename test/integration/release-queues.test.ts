import { describe, expect, test } from "vitest";
import type { FakeInvokeAi } from "../fixtures/backends/invokeai.ts";
import type { FakeSdNext } from "../fixtures/backends/sdnext.ts";
import { ask, cancel, connect, FREED, startLive } from "../helpers/release-rig.ts";
import type { Rig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

function invokeAiOf(rig: Rig): FakeInvokeAi {
  const backend = rig.backend("invokeai");
  if (!isInvokeAi(backend)) throw new Error("no InvokeAI");
  return backend;
}
const isSdNext = (backend: object): backend is FakeSdNext => "followStoppedJob" in backend;
const isInvokeAi = (backend: object): backend is FakeInvokeAi => "isPaused" in backend;

async function start() {
  const rig = await startLive({ backends: ["invokeai"], settings: { releasePatience: 3000 } });
  const invokeai = invokeAiOf(rig);
  return { rig, invokeai, panel: await connect(rig) };
}

describe("InvokeAI, with jobs queued", () => {
  test("REL-11c interrupt stops the running job, frees everything between the two, and the next one runs", async () => {
    const { invokeai, panel } = await start();
    invokeai.startJob();
    invokeai.startJob();
    await ask(panel, "interrupt");
    const done = await panel.releaseIn("done", "failed");
    expect(done).toMatchObject({ state: "done", freedMiB: FREED, problem: null });
    expect([invokeai.interruptedJobs(), invokeai.harmedJobs(), invokeai.isPaused()]).toEqual([1, 0, false]);
    expect(invokeai.isBusy()).toBe(true);
    invokeai.endJob();
    expect(invokeai.finishedJobs()).toBe(1);
  });

  test("REL-11 after the current job everything goes before the next begins, which then runs", async () => {
    const { rig, invokeai, panel } = await start();
    invokeai.startJob();
    invokeai.startJob();
    await ask(panel, "after-current");
    await panel.releaseIn("waiting-for-job");
    expect([invokeai.isPaused(), rig.fake.script.gpus[0]?.["memory.used"]]).toEqual([true, 20_123]);
    invokeai.endJob();
    expect(await panel.releaseIn("done", "failed")).toMatchObject({ state: "done", freedMiB: FREED });
    expect([invokeai.finishedJobs(), invokeai.isPaused(), invokeai.isBusy()]).toEqual([1, false, true]);
  });

  test("REL-11d a wait that is cancelled lets the queue go", async () => {
    const { invokeai, panel } = await start();
    invokeai.startJob();
    invokeai.startJob();
    await ask(panel, "after-current");
    await panel.releaseIn("waiting-for-job");
    expect(await cancel(panel)).toMatchObject({ ok: true });
    expect(await panel.releaseIn("failed")).toMatchObject({ problem: { code: "release-cancelled" } });
    expect(invokeai.isPaused()).toBe(false);
    invokeai.endJob();
    expect([invokeai.isLoaded(), invokeai.isBusy(), invokeai.finishedJobs()]).toEqual([true, true, 1]);
  });

  test("REL-11d so does a release that fails", async () => {
    const { invokeai, panel } = await start();
    invokeai.startJob();
    invokeai.startJob();
    invokeai.becomeOld();
    await ask(panel, "interrupt");
    expect(await panel.releaseIn("failed")).toMatchObject({ problem: { code: "backend-no-api" } });
    expect([invokeai.isPaused(), invokeai.isBusy()]).toEqual([false, true]);
  });

  test("REL-11d so does the end of the sidecar", async () => {
    const { rig, invokeai, panel } = await start();
    invokeai.startJob();
    await ask(panel, "after-current");
    await panel.releaseIn("waiting-for-job");
    await rig.restart();
    expect(invokeai.isPaused()).toBe(false);
  });

  test("REL-11d where it cannot be let go, that is said, with what came back", async () => {
    const { invokeai, panel } = await start();
    invokeai.startJob();
    invokeai.refuseToResume();
    await ask(panel, "interrupt");
    const end = await panel.releaseIn("done", "failed");
    expect(end).toMatchObject({ state: "done", freedMiB: FREED });
    expect(end.parts).toMatchObject([{ freedMiB: FREED, problem: { code: "queue-left-held" } }]);
    const resumes = invokeai.calls.filter(({ path }) => path.endsWith("/processor/resume"));
    expect(resumes.length).toBeGreaterThan(1);
  });

  test("REL-11e a queue that somebody else has paused is shown, released and left paused", async () => {
    const { rig, invokeai, panel } = await start();
    invokeai.startJob();
    invokeai.setPaused(true);
    const paused = async () =>
      (await (await fetch(`${rig.sidecar.url}api/v1/state`)).json()).state.backends[0].paused;
    await waitUntil(async () => (await paused()) === true, { what: "the state to say so" });
    await ask(panel, "after-current");
    await panel.releaseIn("waiting-for-job");
    invokeai.endJob();
    expect(await panel.releaseIn("done", "failed")).toMatchObject({ state: "done", freedMiB: FREED });
    expect(invokeai.isPaused()).toBe(true);
    expect(invokeai.calls.filter(({ path }) => path.includes("/processor/"))).toEqual([]);
  });
});

test("REL-20e what its job uses stays, and the release says so in place of a failure", async () => {
  const { rig, invokeai, panel } = await start();
  invokeai.startJob();
  await ask(panel, "now");
  expect(await panel.releaseIn("done", "failed")).toMatchObject({ state: "done", freedMiB: FREED });
  // Nothing idle is left, and the job takes more.
  rig.fake.setGpu(0, { "memory.used": 9_000 });
  await ask(panel, "now");
  await waitUntil(() => panel.releases.at(-1)?.problem?.code === "models-in-use", { what: "the words" });
  expect(panel.releases.at(-1)).toMatchObject({ state: "done", estimateMiB: null });
  expect([invokeai.models(), invokeai.harmedJobs()]).toEqual([["flux-dev:transformer"], 0]);
});

test.each(["a1111", "forge", "sdnext", "http"] as const)(
  "REL-11f %s: with jobs queued none is stopped, and it is said why",
  async (kind) => {
    const rig = await startLive({ backends: [kind] });
    const backend = rig.backend(kind);
    backend.startJob();
    backend.startJob();
    const panel = await connect(rig);
    await ask(panel, "interrupt");
    expect(await panel.releaseIn("done", "failed")).toMatchObject({
      state: "failed",
      problem: { code: "jobs-queued", params: { jobs: 1 } },
    });
    expect([backend.interruptedJobs(), backend.harmedJobs(), backend.isLoaded()]).toEqual([0, 0, true]);
  },
);

test("REL-11f one that begins while the job is being stopped is not broken, and the job counts as stopped", async () => {
  const rig = await startLive({ backends: ["sdnext"] });
  const sdnext = rig.backend("sdnext");
  sdnext.startJob();
  const panel = await connect(rig);
  if (!isSdNext(sdnext)) throw new Error("no SD.Next");
  sdnext.followStoppedJob();
  await ask(panel, "interrupt");
  const end = await panel.releaseIn("done", "failed");
  expect(end).toMatchObject({ state: "failed", problem: { code: "another-job-began" } });
  expect([sdnext.harmedJobs(), sdnext.isLoaded()]).toEqual([0, true]);
});
