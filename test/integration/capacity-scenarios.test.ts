import * as v from "valibot";
import { expect, onTestFinished, test } from "vitest";
import { LARGE, machine, onePersonIsToldTheTruth, SMALL } from "../helpers/capacity-machine.ts";
import { idOf } from "../helpers/jobs-client.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const heldSchema = v.object({ fits: v.nullable(v.boolean()), ticket: v.nullable(v.string()) });

test("CAP-50b one person, one WebUI, watched: idle, running, ended, idle for long, second job", () =>
  onePersonIsToldTheTruth(true));

test("CAP-50c with a backend that tells, busy is running in the same second, and idle is room in it", async () => {
  let busy = false;
  const world = await machine(24_564, {
    hookStatus: () => ({ busy, queue: 0 }),
  });
  await world.rig.connect().hello();
  // The process that listens on the backend's port is this one.
  world.holds({ [process.pid]: 10_200 }, 0);
  await world.until(
    "an idle process",
    ({ running, residents }) => running === 0 && residents[0]?.state === "idle",
  );
  busy = true;
  const works = await world.until("the backend's word", ({ running }) => running === 1);
  // The next job of its model is no room beside it.
  expect(works).toMatchObject({ canStart: 0, inResidents: 0 });
  busy = false;
  await world.until("its end", ({ running, canStart }) => running === 0 && (canStart ?? 0) >= 1);
});

test("CAP-50e in a container that names no process the backend's state is said, and idle is room in it", async () => {
  let busy = false;
  const world = await machine(24_564, {
    script: { processes: [] },
    hookStatus: () => ({ busy, queue: 0 }),
  });
  await world.rig.connect().hello();
  const using = (mib: number, utilization: number) =>
    world.rig.fake.setGpu(0, { "memory.used": mib, "utilization.gpu": utilization });
  using(900, 0);
  const idle = await world.until("an idle backend", ({ residents }) => residents[0]?.state === "idle");
  expect(idle.residents).toMatchObject([{ backend: "http", pid: null, state: "idle" }]);
  busy = true;
  using(12_200, 97);
  const works = await world.until("the backend's word", ({ running }) => running === 1);
  expect(works.residents).toMatchObject([{ backend: "http", state: "running" }]);
  busy = false;
  using(10_200, 0);
  const ended = await world.until("its end", ({ running, canStart }) => running === 0 && canStart === 1);
  expect(ended).toMatchObject({ inResidents: 1, freeMiB: 13_964 });
  expect(ended.explanation).toContain("1 in http");
});

test("CAP-50 an idle process of 420 MiB beside any history takes nothing but what it holds", async () => {
  const world = await machine(24_564);
  world.holds({ 4000100: 14_000 }, 95);
  await world.until("a job", ({ running }) => running === 1);
  world.holds({ 4000100: 420 }, 0);
  const idle = await world.until("its end", ({ running, freeMiB }) => running === 0 && freeMiB === 23_744);
  expect(idle.promisedMiB).toBe(0);
  for (const peakMiB of [8_000, 12_200, 23_400])
    expect(await world.fit(`peakMiB=${peakMiB}`)).not.toMatchObject({ canStart: 0 });
});

test("CAP-52 a visitor that has left holds nothing: an empty card starts the largest job that fits it", async () => {
  const world = await machine(49_140);
  world.holds({ 4000200: 8_600 }, 40);
  await world.until("the visitor", ({ running }) => running === 1);
  world.holds({}, 0);
  await world.until("its end", ({ running }) => running === 0);
  expect(await world.fit(`profile=${LARGE}`)).toMatchObject({ canStart: 1 });
  expect(await world.jobs.ask({ profile: LARGE })).toMatchObject({ status: 201 });
});

test("CAP-56 beside the first hump of a job never seen nothing is recommended that its second would break", async () => {
  const world = await machine(49_140);
  world.holds({ 4000100: 24_000 }, 97);
  await world.until("the first hump", ({ running }) => running === 1);
  // The largest published job that fits the card may be what it becomes.
  expect(await world.fit(`profile=${SMALL}`)).toMatchObject({ canStart: 0 });
  world.holds({ 4000100: 41_200 }, 97);
  await world.until("the second hump", ({ freeMiB }) => freeMiB === 7_540);
  expect(await world.fit("peakMiB=7000")).toMatchObject({ canStart: 0 });
});

test("CAP-22b who has waited for five mean durations gets its GPU, though small jobs keep coming", async () => {
  const world = await machine(49_140);
  const started: string[] = [];
  /** Small jobs that end after a while, one for another. */
  const small = async () => {
    const { job } = await world.jobs.ask({ peakMiB: 15_000 });
    return job;
  };
  // What such jobs take is learned: a third of a second.
  const first = await small();
  await new Promise((resolve) => setTimeout(resolve, 300));
  await world.jobs.end(first?.id ?? "", { outcome: "done" });
  let over = false;
  let onAsked = () => {};
  const largeAsked = new Promise<void>((resolve) => {
    onAsked = resolve;
  });
  async function user() {
    while (!over) {
      const asked = await world.jobs.ask({ peakMiB: 15_000 });
      const { job } = await world.jobs.show(idOf(asked), 30);
      started.push("small");
      await largeAsked;
      await new Promise((resolve) => setTimeout(resolve, 300));
      await world.jobs.end(job?.id ?? "", { outcome: "done" });
    }
  }
  const users = [user(), user(), user()];
  await waitUntil(() => started.length >= 3, { what: "a full card" });
  const large = await world.jobs.ask({ peakMiB: 41_000, ttlSeconds: 600 });
  expect(large.status).toBe(202);
  onAsked();
  const before = started.length;
  await waitUntil(async () => (await world.jobs.show(idOf(large))).job?.state === "running", {
    timeoutMs: 60_000,
    what: () => `the large job to start; ${started.length - before} small ones have passed`,
  });
  over = true;
  await world.jobs.end(idOf(large), { outcome: "done" });
  await Promise.all(users);
});

test("CAP-59b a resident whose job failed and that asks again at once is told no, and gets no ticket", async () => {
  const world = await machine(24_564);
  const ask = () => world.rig.sidecar.url.concat("api/v1/fit?intent=start&pid=4000200&peakMiB=9000");
  const start = async () => v.parse(heldSchema, await (await fetch(ask())).json());
  // It is known beforehand: of one that comes with all that it holds, nobody may be able to tell whether it runs.
  world.holds({ 4000100: 12_000, 4000200: 450 }, 0);
  await world.until(
    "both",
    ({ freeMiB, residents }) =>
      freeMiB === 11_714 && residents.length === 2 && residents.every(({ state }) => state === "idle"),
  );
  expect(await start()).toMatchObject({ fits: true, ticket: expect.any(String) });
  // While it moves it is seen to run; of two that stand still nobody can tell which the GPU computes for.
  let isLess = false;
  const moving = setInterval(() => {
    isLess = !isLess;
    world.holds({ 4000100: 12_000, 4000200: isLess ? 11_600 : 12_000 }, 96);
  }, 300);
  onTestFinished(() => clearInterval(moving));
  await world.until(
    "its job",
    ({ freeMiB, residents }) =>
      (freeMiB ?? 0) < 600 && residents.some(({ pid, state }) => pid === 4_000_200 && state === "running"),
  );
  clearInterval(moving);
  world.holds({ 4000100: 12_000, 4000200: 450 }, 0);
  await world.until(
    "its failure",
    ({ freeMiB, residents }) => freeMiB === 11_714 && residents.every(({ state }) => state === "idle"),
  );
  // What is free is known before the list that says who gave it back.
  const answer = () => world.fit("pid=4000200&peakMiB=9000");
  await waitUntil(async () => (await answer()).canStart === 0, { what: "no room for it" });
  expect(await start()).toMatchObject({ fits: false, ticket: null });
});

test("CAP-59 after a yes with the intent to start the room is held, and the asker's job takes the hold over", async () => {
  const world = await machine(24_564);
  // Within the patience of a question a busy machine may not have had its first list.
  await world.until("the first list", ({ canStart }) => canStart !== null);
  const ask = (asker: string) => world.fit(`peakMiB=14000&intent=start&asker=${asker}`);
  expect(await ask("anna")).toMatchObject({ canStart: 1 });
  expect(await ask("ben")).toMatchObject({ canStart: 0 });
  expect(await world.jobs.ask({ peakMiB: 14_000, asker: "anna" })).toMatchObject({ status: 201 });
  expect((await world.onGpu()).promisedMiB).toBe(14_000);
});
