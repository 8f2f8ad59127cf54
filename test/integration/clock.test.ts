import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { idOf, jobsClient } from "../helpers/jobs-client.ts";
import { type Rig, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const HOUR_MS = 3_600_000;
const PRELOAD = fileURLToPath(new URL("../fixtures/wall-clock.mjs", import.meta.url));
let rig: Rig | undefined;
afterEach(() => rig?.close());

test("TIME-1 TIME-1b TIME-1c the wall clock is set by an hour: everybody is greeted anew, and what is stamped has the right time", async () => {
  const folder = process.env.TMPDIR ?? "/tmp";
  const offset = join(folder, `wall-clock-${process.pid}`);
  writeFileSync(offset, "0");
  rig = await startRig({
    own: true,
    script: { gpus: [fakeGpu(0), fakeGpu(1)] },
    env: { NODE_OPTIONS: `--import=${PRELOAD}`, WALL_CLOCK_OFFSET: offset },
  });
  const running = rig;
  const panel = running.connect();
  const before = await panel.hello();
  await waitUntil(() => panel.samples.length > 2, { what: "samples" });
  const jobs = jobsClient(() => running.sidecar.url);
  const begin = async (label: string) => {
    const { job } = await jobs.show(idOf(await jobs.ask({ label, peakMiB: 1000, ttlSeconds: 3600 })), 20);
    if (job === null) throw new Error("the job is gone");
    return job;
  };
  const early = await begin("early");
  const beganAt = early.startedAt ?? 0;
  writeFileSync(offset, String(HOUR_MS));
  const after = await waitUntil(() => panel.hellos.find(({ bootId }) => bootId !== before.bootId), {
    what: "another hello",
  });
  expect(Math.abs(after.epochMs - before.epochMs - HOUR_MS)).toBeLessThan(2000);
  expect(after.nowMs).toBeGreaterThan(before.nowMs);
  const now = () => Date.now() + HOUR_MS;
  const post = (path: string, body: object) =>
    fetch(`${running.sidecar.url}api/v1/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }).then((response) => response.json());
  const session = await post("sessions", { label: "after" });
  expect(Number.isInteger(session.startedAt)).toBe(true);
  expect(Math.abs(session.startedAt - now())).toBeLessThan(10_000);
  // Whoever runs and whoever comes: all is told by the one clock that goes now.
  const near = (epochMs: number | null | undefined, expected: number) =>
    expect(Math.abs((epochMs ?? 0) - expected)).toBeLessThan(10_000);
  near((await jobs.show(early.id)).job?.startedAt, beganAt + HOUR_MS);
  near(after.state.runs.find(({ job }) => job === early.id)?.startedAt, beganAt + HOUR_MS);
  const late = await begin("late");
  near(late.startedAt, now());
  near(late.expiresAt, now() + HOUR_MS);
  near((await jobs.end(late.id)).job?.endedAt, now());
  running.fake.set({ gpus: [fakeGpu(0)] });
  const alerts = await waitUntil(
    () => panel.alerts.findLast((list) => list.some(({ rule }) => rule === "gpu-lost")),
    {
      what: "an alert",
    },
  );
  expect(Math.abs((alerts[0]?.since ?? 0) - now())).toBeLessThan(30_000);
  const samples = panel.samples.length;
  await waitUntil(() => panel.samples.length > samples + 2, { what: "samples to go on" });
  expect(panel.hellos.filter(({ bootId }) => bootId === after.bootId).length).toBeGreaterThan(0);
  await running.restart();
  near((await jobs.show(early.id)).job?.startedAt, beganAt + HOUR_MS);
});
