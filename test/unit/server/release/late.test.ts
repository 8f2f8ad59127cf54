import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { recordOf } from "../../../../shared/release/record.ts";
import { memoryBackend } from "./memory-backend.ts";
import { ACCEPTED, beginFake, endAll, expectEnded, machine, start } from "./release-machine.ts";

beforeEach(beginFake);
afterEach(endAll);

/** An unload after which each GPU falls to its level so many milliseconds later. */
const fallsTo =
  (on: ReturnType<typeof machine>, ...falls: (readonly [afterMs: number, gpu: number, usedMiB: number])[]) =>
  async () => {
    for (const [afterMs, gpu, usedMiB] of falls)
      setTimeout(() => {
        on.levels[gpu] = usedMiB;
      }, afterMs);
    return ACCEPTED;
  };

describe("VRAM that comes back late", () => {
  test("REL-20b after a verdict of nothing it corrects it everywhere, with how long after the call it came", async () => {
    const on = machine(30_000);
    const { backend } = memoryBackend("a", { unload: fallsTo(on, [12_000, 0, 2_000]) });
    const { release, until, controller, seen } = start([backend], { on });
    const first = await release();
    expect(first).toMatchObject({ state: "failed", problem: { code: "nothing-freed" }, late: null });
    const end = await until(({ late }) => late !== null);
    expect(end).toMatchObject({
      state: "done",
      problem: null,
      freedMiB: 28_000,
      late: { freedMiB: 28_000 },
      gpus: [{ beforeMiB: 30_000, afterMiB: 2_000, freedMiB: 28_000 }],
      parts: [{ backend: "a", state: "done", freedMiB: 28_000, problem: null }],
    });
    expect(end.late?.seconds).toBeGreaterThanOrEqual(11);
    expect(end.late?.seconds).toBeLessThanOrEqual(13);
    expect(end.finishedAt).toBe(first.finishedAt);
    expect(controller.find(end.id ?? "")).toEqual(end);
    expect(seen.at(-1)).toEqual(end);
    expect(recordOf(end)).toMatchObject({ state: "done", freedMiB: 28_000, late: end.late });
    expectEnded(end);
  });

  test("REL-20 REL-20b of two GPUs the second is waited for within the patience, and corrects the verdict beyond it", async () => {
    const on = machine(20_000, 20_000);
    const { backend } = memoryBackend("a", { unload: fallsTo(on, [1_000, 0, 2_000], [8_000, 1, 2_000]) });
    const within = start([backend], { on, limits: { patienceMs: 15_000 } });
    expect(await within.release()).toMatchObject({ state: "done", freedMiB: 36_000, late: null });
    endAll();
    beginFake();
    const late = machine(20_000, 20_000);
    const slow = memoryBackend("b", { unload: fallsTo(late, [1_000, 0, 2_000], [20_000, 1, 2_000]) });
    const beyond = start([slow.backend], { on: late, limits: { patienceMs: 15_000 } });
    expect(await beyond.release()).toMatchObject({ state: "done", freedMiB: 18_000, late: null });
    const end = await beyond.until((one) => one.late !== null);
    expect(end).toMatchObject({ state: "done", freedMiB: 36_000, late: { freedMiB: 18_000 } });
  });

  test("REL-20 a GPU where it holds no more than a context is not waited for", async () => {
    const on = machine(20_000, 9_000);
    on.processes[0] = [{ pid: 1, name: "a", usedMiB: 19_000, backend: "a" }];
    on.processes[1] = [
      { pid: 1, name: "a", usedMiB: 500, backend: "a" },
      { pid: 2, name: "b", usedMiB: 8_000 },
    ];
    const { backend } = memoryBackend("a", { unload: fallsTo(on, [500, 0, 1_000]) });
    const { demand, ended } = start([backend], { on, limits: { patienceMs: 60_000 } });
    demand();
    expect(await ended(10_000)).toMatchObject({ state: "done", freedMiB: 19_000 });
  });

  test("REL-20b it is looked for a minute and no longer; the next release and the end of the sidecar end it", async () => {
    const on = machine(30_000);
    const { backend } = memoryBackend("a", { unload: fallsTo(on, [64_000, 0, 2_000]) });
    const { release, controller } = start([backend], { on });
    await release();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(controller.state()).toMatchObject({ state: "failed", late: null });
    on.levels[0] = 30_000;
    const first = await release();
    const second = await release();
    on.levels[0] = 2_000;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(controller.find(first.id ?? "")).toEqual(first);
    expect(controller.find(second.id ?? "")).toMatchObject({ state: "done", late: { freedMiB: 28_000 } });
    on.levels[0] = 30_000;
    const last = await release();
    await controller.close();
    on.levels[0] = 2_000;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(controller.find(last.id ?? "")).toEqual(last);
  });

  test("REL-12 REL-20b what another one gives back is none of it", async () => {
    const on = machine(30_000);
    on.processes[0] = [
      { pid: 1, name: "a", usedMiB: 10_000, backend: "a" },
      { pid: 2, name: "other", usedMiB: 15_000 },
    ];
    const { backend } = memoryBackend("a", {
      async unload() {
        setTimeout(() => {
          on.levels[0] = 15_000;
          on.processes[0] = [{ pid: 1, name: "a", usedMiB: 10_000, backend: "a" }];
        }, 12_000);
        return ACCEPTED;
      },
    });
    const { release, controller } = start([backend], { on });
    await release();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(controller.state()).toMatchObject({ state: "failed", late: null, freedMiB: 0 });
  });
});
