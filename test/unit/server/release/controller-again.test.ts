import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { memoryBackend } from "./memory-backend.ts";
import { ACCEPTED, beginFake, endAll, machine, start } from "./release-machine.ts";

beforeEach(() => {
  beginFake();
});
afterEach(endAll);

test("REL-9 where nothing falls after a call that an idle worker can miss, it is made again soon", async () => {
  const on = machine(20_000);
  const at: number[] = [];
  const { backend } = memoryBackend("a", {
    retryWhileIdle: true,
    async unload() {
      at.push(performance.now());
      if (at.length === 2) on.levels[0] = 2_000;
      return ACCEPTED;
    },
  });
  const { release } = start([backend], { on, limits: { patienceMs: 60_000 } });
  expect(await release()).toMatchObject({ state: "done", freedMiB: 18_000 });
  expect(at).toHaveLength(2);
  expect((at[1] ?? 0) - (at[0] ?? 0)).toBeLessThan(4_000);
});

test("REL-9 where it falls, it is called once", async () => {
  const on = machine(20_000);
  const { backend, calls } = memoryBackend("a", { retryWhileIdle: true });
  const { demand, ended } = start([backend], { on, limits: { patienceMs: 60_000 } });
  demand();
  await vi.advanceTimersByTimeAsync(1_000);
  on.levels[0] = 2_000;
  expect(await ended()).toMatchObject({ state: "done", freedMiB: 18_000 });
  expect(calls).toEqual(["unload auto"]);
});

test("REL-1 a release between two jobs is measured from a sample of its beginning, not from one of before", async () => {
  const on = machine(4_000);
  const made = memoryBackend("a", { duringJob: "deferred" });
  made.say({ busy: true, queue: 1 });
  const { demand, ended, inState } = start([made.backend], { on });
  await vi.advanceTimersByTimeAsync(1_000);
  // The last sample is of before: the job has loaded its model since.
  on.levels[0] = 20_000;
  demand({ mode: "after-current" });
  await inState("waiting-for-job");
  on.levels[0] = 2_000;
  made.say({ busy: true, queue: 0 });
  expect(await ended()).toMatchObject({ state: "done", freedMiB: 18_000 });
});
