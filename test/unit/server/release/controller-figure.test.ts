import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { GpuProcess } from "../../../../shared/gpu/gpu.ts";
import { memoryBackend } from "./memory-backend.ts";
import { ACCEPTED, beginFake, endAll, expectEnded, frees, machine, start } from "./release-machine.ts";

beforeEach(beginFake);
afterEach(endAll);

describe("the figure", () => {
  test("REL-1 several GPUs and a backend on one of them: the others stand beside it unchanged", async () => {
    const on = machine(20_000, 7000, null);
    const { backend } = memoryBackend("a", { unload: frees(on, 18_663) });
    const { release } = start([backend], { on });
    expect(await release()).toMatchObject({
      freedMiB: 18_663,
      gpus: [
        { index: 0, beforeMiB: 20_000, afterMiB: 1337, freedMiB: 18_663 },
        { index: 1, beforeMiB: 7000, afterMiB: 7000, freedMiB: 0 },
        { index: 2, beforeMiB: null, afterMiB: null, freedMiB: null },
      ],
    });
  });

  test("REL-1 one GPU alone is measured where that was asked for", async () => {
    const on = machine(20_000, 7000);
    const { backend } = memoryBackend("a", {
      async unload() {
        on.levels[0] = 1000;
        on.levels[1] = 2000;
        return ACCEPTED;
      },
    });
    const { release } = start([backend], { on });
    const end = await release({ gpu: 1 });
    expect(end).toMatchObject({ freedMiB: 5000, gpus: [{ index: 1 }] });
    expect(end.gpus).toHaveLength(1);
  });

  test("REL-1 a GPU that is lost meanwhile gives nothing back", async () => {
    const on = machine(20_000, 7000);
    const { backend } = memoryBackend("a", {
      async unload() {
        on.levels[0] = 1000;
        on.levels[1] = null;
        return ACCEPTED;
      },
    });
    const { release } = start([backend], { on });
    expect(await release()).toMatchObject({
      freedMiB: 19_000,
      gpus: [{ freedMiB: 19_000 }, { afterMiB: null, freedMiB: null }],
    });
  });

  test("REL-6 samples that stop after the call, before anything came back, say nothing of it", async () => {
    const on = machine(20_000);
    const { backend } = memoryBackend("a");
    const { demand, inState, ended } = start([backend], { on });
    demand();
    await inState("verifying");
    await vi.advanceTimersByTimeAsync(600);
    on.die();
    expect(await ended()).toMatchObject({ freedMiB: null, problem: { code: "not-measured" } });
  });

  test("REL-6 without samples from the beginning it is not measured", async () => {
    const on = machine(20_000);
    const { backend, calls } = memoryBackend("a");
    on.die();
    const { release } = start([backend], { on });
    const end = await release();
    expectEnded(end);
    expect(end).toMatchObject({ state: "done", freedMiB: null, problem: { code: "not-measured" } });
    expect(calls).toEqual(["unload auto"]);
  });

  const own = (usedMiB: number): GpuProcess => ({ pid: 5, name: "python", usedMiB, backend: "a" });
  const other = (usedMiB: number, pid = 6): GpuProcess => ({ pid, name: "blender", usedMiB });

  test("REL-12 what another took or gave back is left out, with the list of processes known before and after", async () => {
    const on = machine(20_000);
    on.processes[0] = [own(15_000), other(5000)];
    const { backend } = memoryBackend("a", {
      async unload() {
        on.levels[0] = 20_000 - 14_600 + 2500;
        on.processes[0] = [own(400), other(7500)];
        return ACCEPTED;
      },
    });
    const { release } = start([backend], { on });
    expect(await release()).toMatchObject({
      freedMiB: 14_600,
      meanwhile: [{ pid: 6, changedMiB: 2500 }],
      stillHeldBy: [
        { pid: 6, because: "other-program" },
        { pid: 5, because: "context" },
      ],
    });
  });

  test("REL-12 a process query that fails before or after leaves the plain difference, and tells of no change", async () => {
    for (const when of ["before", "after"]) {
      const on = machine(20_000);
      on.processes[0] = when === "before" ? null : [own(15_000)];
      const { backend } = memoryBackend("a", {
        async unload() {
          on.levels[0] = 5000;
          on.processes[0] = when === "before" ? [own(400), other(4000)] : null;
          return ACCEPTED;
        },
      });
      const { release } = start([backend], { on });
      expect(await release()).toMatchObject({ freedMiB: 15_000, meanwhile: [] });
    }
  });

  test("REL-12 a process of the backend that starts meanwhile is part of what it holds", async () => {
    const on = machine(20_000);
    on.processes[0] = [own(15_000)];
    const { backend } = memoryBackend("a", {
      async unload() {
        on.levels[0] = 20_000 - 15_000 + 1000;
        on.processes[0] = [{ pid: 9, name: "worker", usedMiB: 1000, backend: "a" }];
        return ACCEPTED;
      },
    });
    const { release } = start([backend], { on });
    expect(await release()).toMatchObject({ freedMiB: 14_000, meanwhile: [] });
  });

  test.each([true, false])(
    "REL-12 what another took long before the release is no part of it, though the last list of processes is older (pushed: %s)",
    async (pushes) => {
      const on = machine(10_000);
      on.processes[0] = [own(9000)];
      // The last viewer left here.
      await on.source.refreshProcesses();
      await vi.advanceTimersByTimeAsync(1000);
      on.levels[0] = 18_000;
      on.processes[0] = [own(9000), other(8000)];
      await vi.advanceTimersByTimeAsync(60_000);
      const { backend, say } = memoryBackend("a", { duringJob: "deferred" }, { pushes });
      say({ busy: true, queue: 1 });
      const { demand, inState, ended } = start([backend], { on, watched: false });
      demand({ mode: "after-current" });
      await inState("waiting-for-job");
      await vi.advanceTimersByTimeAsync(20_000);
      on.levels[0] = 9400;
      on.processes[0] = [own(400), other(8000)];
      say({ busy: true, queue: 0 });
      const end = await ended();
      expect(end).toMatchObject({ state: "done", freedMiB: 8600, meanwhile: [] });
    },
  );
});
