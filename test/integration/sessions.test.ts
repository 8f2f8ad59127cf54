import { afterEach, expect, test } from "vitest";
import type { Session } from "../../shared/sessions/session.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { jobsClient } from "../helpers/jobs-client.ts";
import { type Rig, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

async function start(): Promise<Rig> {
  const busy = { "memory.used": 5000, "utilization.gpu": 80, "power.draw": 360, "temperature.gpu": 70 };
  rig = await startRig({ script: { gpus: [fakeGpu(0, busy), fakeGpu(1)] } });
  await rig.connect().hello();
  await waitUntil(async () => (await fetch(`${rig?.sidecar.url}healthz`)).ok, { what: "samples" });
  return rig;
}
async function list({ sidecar }: Rig): Promise<Session[]> {
  return (await (await fetch(`${sidecar.url}api/v1/sessions`)).json()).sessions;
}
async function post({ sidecar }: Rig, path: string, body: object = {}, method = "POST") {
  const headers = { "content-type": "application/json" };
  return fetch(`${sidecar.url}api/v1/${path}`, {
    method,
    headers,
    ...(method === "POST" ? { body: JSON.stringify(body) } : {}),
  });
}

test("REC-8b a session by hand sums up its GPUs, goes on after a kill, and is ended and forgotten", async () => {
  const running = await start();
  const begun = await post(running, "sessions", { label: "before", gpus: [0] });
  expect(begun.status).toBe(201);
  const { id } = await begun.json();
  const secondsOf = async () => (await list(running)).find((one) => one.id === id)?.gpus[0]?.seconds ?? 0;
  await waitUntil(async () => (await secondsOf()) > 1, { what: "a second of samples" });
  await running.restart();
  const kept = await secondsOf();
  expect(kept).toBeGreaterThan(1);
  running.fake.setGpu(0, { "memory.used": 9000 });
  await waitUntil(async () => (await secondsOf()) > kept + 1, { what: "it to go on", timeoutMs: 30_000 });
  const ended: Session = await (await post(running, `sessions/${id}/stop`)).json();
  expect(ended).toMatchObject({
    label: "before",
    kind: "hand",
    gpus: [
      {
        gpu: 0,
        utilizationMeanPct: expect.closeTo(80, 5),
        utilizationP50Pct: 80,
        utilizationP95Pct: 80,
        memoryPeakMiB: 9000,
        temperatureMaxC: 70,
      },
    ],
  });
  const [gpu] = ended.gpus;
  expect(gpu?.energyWh).toBeCloseTo((360 * (gpu?.seconds ?? 0)) / 3600, 5);
  const csv = await (await fetch(`${running.sidecar.url}api/v1/sessions.csv`)).text();
  expect(csv.split("\r\n")[1]).toMatch(/^before,hand,.*,0,NVIDIA GeForce RTX 4090,/);
  expect((await post(running, `sessions/${id}`, {}, "DELETE")).status).toBe(200);
  expect(await list(running)).toEqual([]);
  expect((await post(running, `sessions/${id}/stop`)).status).toBe(404);
});

test("REC-8b every declared job is a session of its GPUs", async () => {
  const running = await start();
  const jobs = jobsClient(() => running.sidecar.url);
  const { job } = await jobs.ask({ label: "clip 7", peakMiB: 1000, gpuIndexes: [1], started: true });
  await waitUntil(async () => ((await list(running))[0]?.gpus[0]?.seconds ?? 0) > 0, {
    what: "samples of the job",
  });
  await jobs.end(job?.id ?? "", { outcome: "done" });
  const [session] = await list(running);
  expect(session).toMatchObject({ label: "clip 7", kind: "job", gpus: [{ gpu: 1 }] });
  expect(session?.endedAt).not.toBeNull();
});

test("REC-8b the session of a job that runs is forgotten for good", async () => {
  const running = await start();
  const jobs = jobsClient(() => running.sidecar.url);
  await jobs.ask({ label: "clip 8", peakMiB: 1000, gpuIndexes: [0], started: true });
  const session = await waitUntil(async () => (await list(running))[0], { what: "the job's session" });
  expect((await post(running, `sessions/${session.id}`, {}, "DELETE")).status).toBe(200);
  // A session by hand shows that samples have come since.
  await post(running, "sessions", { label: "after" });
  await waitUntil(async () => (await list(running)).some(({ gpus }) => (gpus[0]?.seconds ?? 0) > 0), {
    what: "samples",
  });
  expect((await list(running)).map(({ label }) => label)).toEqual(["after"]);
});
