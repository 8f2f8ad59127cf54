import * as v from "valibot";
import { afterEach, expect, test } from "vitest";
import { profileSchema } from "../../shared/profiles/profile.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { jobsClient } from "../helpers/jobs-client.ts";
import { live } from "../helpers/jobs-rig.ts";
import { type Rig, startRig } from "../helpers/rig.ts";
import { TIME_SCALE } from "../helpers/sidecar.ts";
import { waitUntil } from "../helpers/wait-until.ts";

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

const SMALL = "wan2.1-1.3b-t2v-480p-quant";
const profilesSchema = v.object({ profiles: v.array(profileSchema) });
const answerSchema = v.object({
  canStart: v.nullable(v.number()),
  perGpu: v.array(v.object({ running: v.nullable(v.number()), reclaimableMiB: v.nullable(v.number()) })),
});
const get = async ({ sidecar }: Rig, path: string): Promise<unknown> =>
  (await fetch(`${sidecar.url}api/v1/${path}`)).json();
const profile = async (running: Rig) =>
  v.parse(profilesSchema, await get(running, "profiles")).profiles.find(({ id }) => id === SMALL);

test("CAP-14 CAP-3 the peak that a job tells at its end is learned, and survives a restart", async () => {
  const running = await startRig({ own: true });
  rig = running;
  await live(running);
  const jobs = jobsClient(() => running.sidecar.url);
  const { job } = await jobs.ask({ profile: SMALL });
  await jobs.end(job?.id ?? "", { outcome: "done", peakMiB: 9_000 });
  const learned = await profile(running);
  // Read from the host's allocator: one percent more is reserved.
  expect(learned).toMatchObject({ basis: "measured", seen: 1, peakMiB: 9_000, uncertaintyMiB: 90 });
  await running.crash();
  await live(running);
  expect(await profile(running)).toEqual(learned);
});

test("CAP-14 what a host's description of a job taught is known again by it, whatever its steps", async () => {
  const running = await startRig();
  rig = running;
  await live(running);
  const jobs = jobsClient(() => running.sidecar.url);
  const signature = {
    host: "comfyui",
    kind: "t2v",
    models: ["wan/wan2.1_t2v.safetensors"],
    width: 832,
    height: 480,
  };
  const { job } = await jobs.ask({ signature: { ...signature, steps: 20 }, peakMiB: 12_000 });
  expect(job?.label).toBe("wan2.1_t2v 832×480");
  await jobs.end(job?.id ?? "", { outcome: "done" });
  const first = await jobs.ask({ signature: { ...signature, steps: 20 } });
  expect(first.job).toMatchObject({ state: "running" });
  await jobs.end(first.job?.id ?? "", { outcome: "done", peakMiB: 8_000 });
  const again = await jobs.ask({ signature: { ...signature, steps: 4 } });
  expect(again.job).toMatchObject({ profile: first.job?.profile, peakMiB: 8_080 });
  const url = `fit?signature=${encodeURIComponent(JSON.stringify(signature))}`;
  expect(await get(running, url)).toMatchObject({ peakMiB: 8_000, uncertaintyMiB: 80 });
});

test("CAP-58 in a container that tells of no process nothing is recommended beside what works, and its end frees the GPU", async () => {
  const gpu = fakeGpu(0, { "memory.total": 49_140, "memory.reserved": 0, "memory.used": 500 });
  const running = await startRig({
    script: { gpus: [gpu], processes: [] },
    env: { [TIME_SCALE]: "5" },
    settings: { interval: 100 },
  });
  rig = running;
  await live(running);
  const using = (mib: number, utilization: number) =>
    running.fake.setGpu(0, { "memory.used": mib, "utilization.gpu": utilization });
  const answer = async () => v.parse(answerSchema, await get(running, `fit?profile=${SMALL}`));
  const until = (what: string, canStart: number, runs: number) =>
    waitUntil(
      async () => {
        const { canStart: n, perGpu } = await answer();
        return n === canStart && perGpu[0]?.running === runs;
      },
      { what },
    );
  // (48,640 − 256) ÷ (12,200 + 10 %) = 3.6
  await until("an empty GPU", 3, 0);
  // Half the card is free, and the job may take what is left of it.
  using(24_000, 95);
  await until("the first hump", 0, 1);
  using(39_500, 95);
  await until("the second hump", 0, 1);
  using(500, 0);
  await until("the GPU without it", 3, 0);
});

test("CAP-11 what a release would give back is told beside free VRAM and is no part of it", async () => {
  const gpu = fakeGpu(0, { "memory.total": 24_564, "memory.reserved": 0, "memory.used": 20_000 });
  const running = await startRig({
    script: {
      gpus: [gpu],
      processes: [{ gpu_uuid: gpu.uuid, pid: process.pid, process_name: "python", used_memory: 20_000 }],
    },
    hookStatus: () => ({ busy: false, queue: 0, allocator: { allocated_mib: 100, reserved_mib: 18_000 } }),
  });
  rig = running;
  await running.connect().hello();
  const found = await waitUntil(
    async () => {
      const read = v.parse(answerSchema, await get(running, "fit?peakMiB=12000&pid=1"));
      return read.perGpu[0]?.reclaimableMiB === 18_000 && read.canStart !== null && read;
    },
    { what: "the backend's figures" },
  );
  expect(found.canStart).toBe(0);
});

test("CAP-8b a configured figure is taken over by those who may act alone, and stands across a restart until another is configured", async () => {
  const profiles = [{ id: "mine", label: "Mine", peakMiB: 12_000 }];
  const running = await startRig({ own: true, settings: { profiles } });
  rig = running;
  await live(running);
  const jobs = jobsClient(() => running.sidecar.url);
  const mine = async () =>
    v.parse(profilesSchema, await get(running, "profiles")).profiles.find(({ id }) => id === "mine");
  const take = (id: string, headers: Record<string, string> = {}) =>
    fetch(`${running.sidecar.url}api/v1/profiles/${id}/take-figure`, { method: "POST", headers });
  // Nothing was seen yet: the figure stays.
  expect((await take("mine")).status).toBe(200);
  for (let i = 0; i < 3; i++) {
    const { job } = await jobs.ask({ profile: "mine" });
    await jobs.end(job?.id ?? "", { outcome: "done", peakMiB: 9_000 });
  }
  expect(await mine()).toMatchObject({ basis: "configured", peakMiB: 12_000, drift: -0.25 });
  expect((await take("mine", { origin: "http://elsewhere.example" })).status).toBe(403);
  expect((await take("nothing")).status).toBe(404);
  // A published figure is nobody's setting.
  expect((await take(SMALL)).status).toBe(200);
  expect((await take("mine")).status).toBe(200);
  const taken = await mine();
  expect(taken).toMatchObject({ basis: "configured", peakMiB: 9_000, drift: null });
  // What is reserved follows: the figure and the margin of what was measured.
  const { job } = await jobs.ask({ profile: "mine" });
  expect(job).toMatchObject({ peakMiB: 9_090 });
  await jobs.end(job?.id ?? "");
  await running.crash();
  await live(running);
  expect(await mine()).toMatchObject({ peakMiB: 9_000, drift: null });
});
