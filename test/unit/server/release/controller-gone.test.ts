import { afterEach, beforeEach, expect, test } from "vitest";
import type { Going, UnloadOutcome } from "../../../../server/release/backends/backend.ts";
import { problem } from "../../../../shared/problems/make-problem.ts";
import { memoryBackend, SILENT } from "./memory-backend.ts";
import { ACCEPTED, beginFake, endAll, frees, LIMITS, machine, start } from "./release-machine.ts";

beforeEach(beginFake);
afterEach(endAll);

const GONE: Going = { kind: "gone" };

test("REL-20c what goes after the answer is waited for before it is measured, all of it", async () => {
  const on = machine(20_000);
  let going: Going = { kind: "going", inUse: false };
  const { backend } = memoryBackend("a", { unload: frees(on, 3_000), going: async () => going });
  const { demand, ended, until, controller } = start([backend], { on });
  demand();
  await until(({ state }) => state === "verifying");
  // The idle model has long gone and the samples have come to rest: the other one follows its request.
  const settled = performance.now() + LIMITS.settledMs + LIMITS.patienceMs;
  await until(() => performance.now() > settled);
  expect(controller.state().finishedAt).toBeNull();
  on.levels[0] = 2_000;
  going = GONE;
  expect(await ended()).toMatchObject({ state: "done", freedMiB: 18_000 });
});

test("REL-20c a model in use is a job that is waited for, and whoever waits may leave it to the backend", async () => {
  const on = machine(20_000);
  let going: Going = { kind: "going", inUse: true };
  const { backend } = memoryBackend("a", { duringJob: "spared", going: async () => going });
  const { demand, ended, inState, controller } = start([backend], { on });
  demand();
  expect((await inState("waiting-for-job")).waiting).toMatchObject({ asked: true, cancellable: true });
  on.levels[0] = 2_000;
  going = GONE;
  expect(await ended()).toMatchObject({ state: "done", freedMiB: 18_000 });

  going = { kind: "going", inUse: true };
  demand();
  await inState("waiting-for-job");
  expect(controller.cancel("10.0.0.2")).toMatchObject({ ok: true });
  expect(await ended()).toMatchObject({ problem: { code: "left-to-backend" } });
});

test("REL-20d what was accepted and did not happen is told, beside what did", async () => {
  const on = machine(20_000);
  const kept = problem("model-kept", { model: "qwen3", time: "14:05" });
  const { backend } = memoryBackend("a", {
    unload: frees(on, 3_000),
    going: async () => ({ kind: "stays", problem: kept }),
  });
  const release = await start([backend], { on }).release();
  expect(release).toMatchObject({ state: "failed", freedMiB: 3_000, problem: kept });
});

test("REL-14b a refused call is told at once and not measured", async () => {
  const unauthorized = problem("backend-unauthorized", { status: 401 });
  const refused: UnloadOutcome = { kind: "failed", problem: unauthorized, reached: true, refused: true };
  const { backend } = memoryBackend("a", { unload: async () => refused });
  const { release, seen } = start([backend]);
  expect(await release()).toMatchObject({ state: "failed", problem: unauthorized, freedMiB: null });
  expect(seen.map(({ state }) => state)).not.toContain("verifying");
});

test("REL-14b one that hangs is not asked once more after its first time limit", async () => {
  const { backend, calls, answer, asked } = memoryBackend("a");
  answer(SILENT);
  const { release } = start([backend], { watched: false });
  expect(await release()).toMatchObject({ state: "failed", problem: { code: "backend-timeout" } });
  expect([calls, asked.times]).toEqual([[], 1]);
});

test("REL-10c while a release waits it asks by itself, in the way of a release, and the panel's polling rests", async () => {
  const occasions: (string | undefined)[] = [];
  let busy = true;
  const { backend } = memoryBackend("a", {
    duringJob: "ends-jobs",
    tellsBusyWhenAsked: true,
    async status(_signal, occasion) {
      occasions.push(occasion);
      const told = occasion === "watching" ? null : busy;
      return { kind: "status", status: { busy: told, queue: null, models: [], allocator: null } };
    },
    unload: async () => (busy ? Promise.reject(new Error("broken")) : ACCEPTED),
  });
  const { demand, ended, until, inState } = start([backend]);
  demand();
  await inState("waiting-for-job");
  occasions.length = 0;
  await until(() => occasions.length >= 3);
  expect(new Set(occasions)).toEqual(new Set(["waiting"]));
  busy = false;
  await ended();
  occasions.length = 0;
  await until(() => occasions.length >= 2);
  expect(new Set(occasions)).toEqual(new Set([undefined]));
});

test("REL-20d “nothing loaded” from a backend whose process holds more than a context is a model that loads", async () => {
  const on = machine(9_000);
  const holding = (usedMiB: number) => [{ pid: 7, name: "ollama", usedMiB, backend: "a" }];
  const unload = async (): Promise<UnloadOutcome> => ({ kind: "nothing-loaded" });
  const { backend } = memoryBackend("a", { unload, hidesLoading: true });
  const { release } = start([backend], { on });
  on.processes[0] = holding(8_000);
  expect(await release()).toMatchObject({ state: "failed", problem: { code: "model-loading" } });
  on.processes[0] = holding(400);
  expect(await release()).toMatchObject({ state: "done", problem: { code: "nothing-loaded" } });
});

test("REL-11 REL-11b one that lets its job end itself is asked at once, and answers when that has ended", async () => {
  const on = machine(20_000);
  const answers: (() => void)[] = [];
  const { backend, say } = memoryBackend("a", {
    duringJob: "ends-jobs",
    letsJobsEnd: true,
    unload: (_mode, signal) =>
      new Promise((resolve) => {
        const silent = problem("sidecar-closing");
        signal.addEventListener("abort", () => resolve({ kind: "failed", problem: silent, reached: true }));
        answers.push(() => {
          on.levels[0] = 2_000;
          resolve(ACCEPTED);
        });
      }),
  });
  say({ busy: true, queue: 0 });
  const { demand, ended, inState, controller } = start([backend], { on });
  demand({ mode: "after-current" });
  expect((await inState("waiting-for-job")).waiting).toMatchObject({ asked: true });
  answers.shift()?.();
  expect(await ended()).toMatchObject({ state: "done", freedMiB: 18_000 });

  demand({ mode: "after-current" });
  await inState("waiting-for-job");
  controller.cancel("10.0.0.2");
  expect(await ended()).toMatchObject({ problem: { code: "left-to-backend" } });
});

test("REL-1 one that answers only when it has unloaded is measured from before it began", async () => {
  const on = machine(20_000);
  const { backend, say } = memoryBackend("a", {
    duringJob: "ends-jobs",
    letsJobsEnd: true,
    async unload() {
      // Weights go to host memory one after the other.
      for (let i = 0; i < 20; i++) {
        await new Promise((resolve) => setTimeout(resolve, 1000));
        on.levels[0] = (on.levels[0] ?? 0) - 900;
      }
      return ACCEPTED;
    },
  });
  say({ busy: true, queue: 0 });
  const { demand, ended } = start([backend], { on });
  demand({ mode: "after-current" });
  expect(await ended()).toMatchObject({ state: "done", freedMiB: 18_000 });
});
