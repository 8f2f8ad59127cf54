import { expect, test } from "vitest";
import { machine, onePersonIsToldTheTruth } from "../helpers/capacity-machine.ts";
import { idOf } from "../helpers/jobs-client.ts";

test("CAP-50b one person, one WebUI, not watched: idle, running, ended, idle for long, second job", () =>
  onePersonIsToldTheTruth(false));

test("CAP-53 who was idle stays idle when a declared job begins beside it", async () => {
  const world = await machine(49_140);
  world.holds({ 4000100: 2_000 }, 0);
  await world.until(
    "an idle process",
    ({ running, residents }) => running === 0 && residents[0]?.state === "idle",
  );
  const { job } = await world.jobs.ask({ peakMiB: 12_200, pid: 4_000_300 });
  world.holds({ 4000100: 2_000, 4000300: 4_000 }, 97);
  const now = await world.until("the job's memory", ({ promisedMiB }) => promisedMiB === 8_200);
  expect(now).toMatchObject({ running: 1, freeMiB: 42_740 });
  await world.jobs.end(job?.id ?? "");
});

test("CAP-54 after three jobs of 12,200 in one process the fourth is expected to take about as much", async () => {
  const world = await machine(49_140);
  for (let i = 0; i < 3; i++) {
    world.holds({ 4000100: 12_200 }, 97);
    await world.until(`job ${i + 1}`, ({ running, freeMiB }) => running === 1 && freeMiB === 36_540);
    world.holds({ 4000100: 3_000 }, 0);
    await world.until(
      `the end of job ${i + 1}`,
      ({ running, freeMiB }) => running === 0 && freeMiB === 45_740,
    );
    // Fallen and flat for 15 seconds it is over, and not a pause before its second hump.
    await world.samples(35);
  }
  world.holds({ 4000100: 6_000 }, 97);
  // Its last peak and 5 %, less what it holds.
  await world.until("the fourth", ({ running, promisedMiB }) => running === 1 && promisedMiB === 6_810);
});

test("CAP-1b two jobs without a pid: state, fit and a waiting job's reason tell one figure", async () => {
  const world = await machine(24_564);
  await world.jobs.ask({ peakMiB: 10_000 });
  await world.jobs.ask({ peakMiB: 8_000 });
  const waits = await world.jobs.ask({ peakMiB: 9_000 });
  expect(waits).toMatchObject({ status: 202 });
  const [gpu, answer, { job }] = [
    await world.onGpu(),
    await world.fit("peakMiB=9000"),
    await world.jobs.show(idOf(waits)),
  ];
  expect(gpu.promisedMiB).toBe(18_000);
  expect(answer.perGpu[0]).toMatchObject({ promisedMiB: 18_000, canStart: 0 });
  expect(job?.reason?.params).toMatchObject({ promised: 18_000, free: 24_164, reserve: 256, peak: 9_000 });
});
