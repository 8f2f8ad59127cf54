import * as v from "valibot";
import { afterEach, expect, test } from "vitest";
import type { ReleaseMode } from "../../shared/release/release.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { jobsClient } from "../helpers/jobs-client.ts";
import type { PanelClient } from "../helpers/panel-client.ts";
import { type Rig, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

const PROFILE = "wan2.1-1.3b-t2v-480p-quant";
const gpu = fakeGpu(0, { "memory.used": 20_000, "memory.total": 143_771, "memory.reserved": 0 });
/** The hook's own process, which is this one. */
const own = { gpu_uuid: gpu.uuid, pid: process.pid, process_name: "python", used_memory: 19_000 };

/** A hook that says nothing of itself, and gives back 18,000 MiB. */
async function startSilent(): Promise<{ running: Rig; panel: PanelClient }> {
  const running = await startRig({
    script: { gpus: [gpu], processes: [own] },
    hook: (fake) => (response) => {
      fake.setGpu(0, { "memory.used": 2_000 });
      fake.set({ processes: [{ ...own, used_memory: 1_000 }] });
      response.writeHead(204).end();
    },
  });
  rig = running;
  const panel = running.connect();
  await panel.hello();
  await waitUntil(() => panel.samples.length > 0, { what: "a sample" });
  return { running, panel };
}

const stateSchema = v.object({
  state: v.object({
    gpus: v.array(v.object({ processes: v.nullable(v.array(v.unknown())) })),
    backends: v.array(v.object({ busy: v.nullable(v.boolean()) })),
    promises: v.array(v.object({ reclaimableMiB: v.nullable(v.number()) })),
  }),
});
async function told({ sidecar }: Rig) {
  const answer: unknown = await (await fetch(`${sidecar.url}api/v1/state`)).json();
  const { gpus, backends, promises } = v.parse(stateSchema, answer).state;
  return {
    busy: backends[0]?.busy,
    reclaimableMiB: promises[0]?.reclaimableMiB,
    listed: gpus[0]?.processes,
  };
}

async function release(panel: PanelClient, mode: ReleaseMode) {
  const { bootId } = await panel.hello();
  return panel.socket.emitWithAck("release", { requestId: `${mode}-${Math.random()}`, bootId, mode });
}

test.each([
  ["that names its backend", { backend: "http" }],
  ["in the backend's process", { pid: process.pid }],
])("REL-10b a declared job %s is waited for, though the backend says nothing of itself", async (_, where) => {
  const { running, panel } = await startSilent();
  await waitUntil(async () => (await told(running)).reclaimableMiB === 18_700, {
    what: "the backend's process",
  });
  const jobs = jobsClient(() => running.sidecar.url);
  const { job } = await jobs.ask({ profile: PROFILE, ttlSeconds: 600, ...where });
  expect(job?.state).toBe("running");
  // What a job works with is not idle.
  expect(await told(running)).toMatchObject({ busy: true, reclaimableMiB: 0 });
  await release(panel, "auto");
  expect(await panel.releaseIn("waiting-for-job")).toMatchObject({
    waiting: { asked: false, cancellable: true },
  });
  expect(running.hook.calls).toEqual([]);
  await jobs.end(job?.id ?? "", { outcome: "done" });
  expect(await panel.releaseIn("done", "failed")).toMatchObject({
    state: "done",
    freedMiB: 18_000,
    problem: null,
  });
  expect(running.hook.calls).toHaveLength(1);
  expect((await told(running)).busy).toBeNull();
});

test("REL-10b “now” does not wait for a declared job, and nobody waits for one elsewhere", async () => {
  const { running, panel } = await startSilent();
  const jobs = jobsClient(() => running.sidecar.url);
  await jobs.ask({ profile: PROFILE, ttlSeconds: 600, pid: 4_711_000 });
  expect((await told(running)).busy).toBeNull();
  await jobs.ask({ profile: PROFILE, ttlSeconds: 600, backend: "http" });
  await waitUntil(async () => (await told(running)).busy, { what: "the declared job" });
  await release(panel, "now");
  expect(await panel.releaseIn("waiting-for-job", "done", "failed")).toMatchObject({ state: "done" });
  expect(running.hook.calls).toHaveLength(1);
});

test("REL-10b a list of processes that fails while it waits is not the job's end", async () => {
  const { running, panel } = await startSilent();
  const jobs = jobsClient(() => running.sidecar.url);
  const { job } = await jobs.ask({ profile: PROFILE, ttlSeconds: 600, pid: process.pid });
  await waitUntil(async () => (await told(running)).busy, { what: "the declared job" });
  await release(panel, "auto");
  await panel.releaseIn("waiting-for-job");
  running.fake.set({ computeAppsBehaviour: { kind: "exit", code: 1 } });
  await waitUntil(async () => (await told(running)).listed === null, { what: "a list that failed" });
  expect(await told(running)).toMatchObject({ busy: true });
  expect(running.hook.calls).toEqual([]);
  running.fake.set({ computeAppsBehaviour: { kind: "ok" } });
  await jobs.end(job?.id ?? "", { outcome: "done" });
  expect(await panel.releaseIn("done", "failed")).toMatchObject({ state: "done" });
});
