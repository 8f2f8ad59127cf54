import { mkdirSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { expect, onTestFinished, test } from "vitest";
import { createDecisionRecord } from "../../server/recording/decisions/decision-record.ts";
import { openSegmentStore } from "../../server/recording/decisions/store.ts";
import { gpuSchema } from "../../shared/gpu/gpu.ts";
import { whatIfAnswerSchema } from "../../shared/what-if/what-if.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { idOf, jobsClient } from "../helpers/jobs-client.ts";
import { recordedLife, script } from "../helpers/recorded-life.ts";
import { type RigOptions, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const HOUR_MS = 3_600_000;

async function start(options: RigOptions = {}) {
  const rig = await startRig(options);
  onTestFinished(rig.close);
  const ask = async (query = "") => {
    const response = await fetch(`${rig.sidecar.url}api/v1/what-if${query}`);
    return { status: response.status, body: (await response.json()) as unknown };
  };
  return { rig, ask, answer: async (query = "") => v.parse(whatIfAnswerSchema, (await ask(query)).body) };
}

/** Yesterday a second job was started beside the first, and ran out of memory. */
function recordOfYesterday(dir: string) {
  const folder = join(dir, "data");
  mkdirSync(folder, { recursive: true });
  const store = openSegmentStore(join(folder, "decisions.sqlite"), () => {});
  const record = createDecisionRecord({ store, standing: () => [] });
  const inputs = recordedLife(Date.now() - 26 * HOUR_MS, 400, {
    processes: [script(101, 70, 200, 12_000), script(102, 90, 100, 11_800)],
    jobs: [
      { id: "first", pid: 101, peakMiB: 12_000, askS: 70, endS: 200 },
      { id: "second", pid: 102, peakMiB: 14_000, askS: 90, endS: 100, oom: true },
    ],
  });
  for (const input of inputs) record.add(input);
  record.close();
  return undefined;
}

test("WIF-1 WIF-4 days that were recorded are gone through again: who waits, what does not happen, of which days nothing is known", async () => {
  const { ask, answer } = await start({ late: recordOfYesterday });
  const told = await answer("?days=3");
  expect(told).toMatchObject({
    estimate: true,
    days: 3,
    jobs: 2,
    outOfMemory: { recorded: 1, avoided: 1, added: 0 },
    waits: { jobs: 1 },
    collisions: [{ job: "second", taker: { pid: 101, job: "first" }, avoided: true }],
  });
  expect(told.waits.seconds).toBeGreaterThan(90);
  expect(told.daysWithoutRecord.length).toBeGreaterThan(0);
  expect(told.text.summary).toMatch(/^Out of memory: 1 in 3 days\. Had every job waited for room, 1 of 1/);
  expect((await answer("?days=3&lang=zh-CN")).text.summary).toMatch(/^显存不足：最近 3 天内 1 次。/);
  expect((await answer("?days=1")).outOfMemory.recorded).toBe(0);
  expect(await ask("?days=15")).toMatchObject({ status: 400, body: { code: "bad-request" } });
});

test("WIF-6 an out-of-memory names who had taken VRAM before it", async () => {
  const { rig, answer } = await start({ script: { gpus: [fakeGpu(0)] } });
  const jobs = jobsClient(() => rig.sidecar.url);
  const holds = (pid: number, name: string, mib: number) => ({
    ...{ gpu_uuid: fakeGpu(0).uuid, pid, process_name: name, used_memory: mib },
  });
  const gpus = async () => {
    const { state } = await (await fetch(`${rig.sidecar.url}api/v1/state`)).json();
    return v.parse(v.object({ gpus: v.array(gpuSchema) }), state).gpus;
  };
  /** Listed, and recorded: that is done with the next sample. */
  async function listed(pid: number, usedMiB: number) {
    const isListed = async () => (await gpus()).some((gpu) => gpu.processes?.some((one) => one.pid === pid));
    await waitUntil(isListed, { what: `process ${pid} in a list` });
    rig.fake.setGpu(0, { "memory.used": usedMiB });
    const isSampled = async () => (await gpus()).some((gpu) => gpu.memoryUsedMiB === usedMiB);
    await waitUntil(isSampled, { what: "the sample after that" });
  }
  const own = holds(4_000_100, "python", 12_000);
  const asked = await jobs.ask({ label: "ComfyUI", peakMiB: 16_000, pid: 4_000_100, started: true });
  rig.fake.set({ processes: [own], gpus: [fakeGpu(0, { "memory.used": 12_500 })] });
  await listed(4_000_100, 12_501);
  rig.fake.set({
    processes: [own, holds(4_000_200, "/usr/bin/ollama", 8300)],
    gpus: [fakeGpu(0, { "memory.used": 20_800 })],
  });
  await listed(4_000_200, 20_801);
  expect((await answer()).collisions).toEqual([]);
  await jobs.end(idOf(asked), { outcome: "failed", oom: true });
  const { collisions, text } = await answer();
  expect(collisions).toMatchObject([
    {
      job: "ComfyUI",
      gpus: [0],
      taker: { pid: 4_000_200, name: "/usr/bin/ollama", job: null, tookMiB: 8300 },
    },
  ]);
  expect(text.collisions[0]).toMatch(/ComfyUI; ollama \(4000200\) had taken 8\.1 GiB \d+ s before$/);
});
