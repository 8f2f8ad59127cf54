import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createDeclaredWork } from "../../../../server/release/declared-work.ts";
import type { Gpu } from "../../../../shared/gpu/gpu.ts";
import type { Job } from "../../../../shared/jobs/job.ts";
import type { BackendStatus } from "../../../../shared/release/backend.ts";
import { DOWN, memoryBackend, SILENT } from "./memory-backend.ts";
import { beginFake, endAll, frees, machine, start } from "./release-machine.ts";

beforeEach(beginFake);
afterEach(endAll);

const UNTOLD: Partial<BackendStatus> = { busy: null, queue: null };
const untilPassed = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** A backend that does not say whether it is busy, and a job that is declared to run in it. */
function silent(own: Parameters<typeof memoryBackend>[1] = {}, hasStatus = true) {
  const on = machine(20_000);
  const one = memoryBackend("a", {}, { hasStatus });
  one.say(UNTOLD);
  const unload = frees(on, 18_000);
  const backend = {
    ...one.backend,
    async unload(...args: Parameters<typeof unload>) {
      await one.backend.unload(...args);
      return unload(...args);
    },
    ...own,
  };
  const declared = new Set(["a"]);
  const running = start([backend], { on, declared });
  function endJob() {
    declared.delete("a");
    running.watch.declaredJobsChanged();
  }
  return { ...one, ...running, declared, endJob };
}

describe("a backend that does not say whether it is busy, with a declared job", () => {
  test.each(["auto", "after-current"] as const)(
    "REL-10b %s waits for the job and then asks",
    async (mode) => {
      const { demand, inState, calls, endJob, ended } = silent();
      demand({ mode });
      expect(await inState("waiting-for-job")).toMatchObject({
        waiting: { cancellable: true, asked: false },
      });
      await untilPassed(60_000);
      expect(calls).toEqual([]);
      endJob();
      expect(await ended()).toMatchObject({ state: "done", freedMiB: 18_000 });
      expect(calls).toEqual([`unload ${mode}`]);
    },
  );

  test("REL-10b what it answers, or does not, says nothing of the job", async () => {
    const { demand, inState, calls, answer, endJob, ended } = silent();
    demand();
    await inState("waiting-for-job");
    answer(SILENT);
    await untilPassed(60_000);
    expect(calls).toEqual([]);
    endJob();
    expect(await ended()).toMatchObject({ state: "done" });
  });

  test("REL-10b one without a status that was down once is waited for like any other", async () => {
    const { demand, inState, watch, endJob, ended } = silent({}, false);
    watch.reached("a", false, DOWN.kind === "failed" ? DOWN.problem : null);
    demand();
    await inState("waiting-for-job");
    await untilPassed(60_000);
    endJob();
    expect(await ended()).toMatchObject({ state: "done", freedMiB: 18_000 });
  });

  test("REL-10b once it has said that it is busy what it says counts, after the job too", async () => {
    const { demand, inState, calls, say, answer, endJob, ended } = silent();
    demand();
    await inState("waiting-for-job");
    say({ busy: true, queue: 0 });
    await untilPassed(1_000);
    endJob();
    answer(SILENT);
    await untilPassed(1_000);
    expect(calls).toEqual([]);
    answer(null);
    say({ busy: false });
    expect(await ended()).toMatchObject({ state: "done", freedMiB: 18_000 });
  });

  test("REL-10b when the job has ended it is still not known whether another runs, and what that would break is not asked", async () => {
    const { demand, inState, calls, endJob, ended } = silent({ duringJob: "unsafe" });
    demand();
    await inState("waiting-for-job");
    endJob();
    expect(await ended()).toMatchObject({ state: "failed", problem: { code: "busy-unknown" } });
    expect(calls).toEqual([]);
  });

  test("REL-10b the next declared job is waited for as well", async () => {
    const { demand, inState, declared, calls, endJob, ended } = silent({ duringJob: "unknown" });
    demand();
    await inState("waiting-for-job");
    endJob();
    declared.add("a");
    await untilPassed(60_000);
    expect(calls).toEqual([]);
    endJob();
    expect(await ended()).toMatchObject({ state: "done" });
  });

  test("REL-11c who interrupts does not wait for the mark, which may be left over", async () => {
    const interrupted: string[] = [];
    const { release, calls } = silent({
      modes: ["auto", "interrupt"],
      async interrupt() {
        interrupted.push("a");
        return { kind: "accepted" };
      },
    });
    expect(await release({ mode: "interrupt" })).toMatchObject({ state: "done", freedMiB: 18_000 });
    expect([interrupted, calls]).toEqual([["a"], ["unload interrupt"]]);
  });
});

describe("where a declared job runs", () => {
  type Declared = Pick<Job, "id" | "state" | "backend" | "pid">;
  const job = (more: Partial<Declared>): Declared => ({
    id: "j",
    state: "running",
    backend: null,
    pid: null,
    ...more,
  });
  const processes = (backend?: string): Pick<Gpu, "processes">[] => [
    { processes: [{ pid: 7, name: "python", usedMiB: 1, ...(backend === undefined ? {} : { backend }) }] },
  ];

  test("REL-10b in the backend that it names, else in that of its process; while it waits, nowhere", () => {
    const runs = (one: Declared, backend?: string) =>
      createDeclaredWork({ jobs: () => [one], gpus: () => processes(backend) }).runsIn("a");
    expect(runs(job({ backend: "a" }))).toBe(true);
    expect(runs(job({ backend: "b", pid: 7 }), "a")).toBe(false);
    expect(runs(job({ pid: 7 }), "a")).toBe(true);
    expect(runs(job({ pid: 8 }), "a")).toBe(false);
    expect(runs(job({ pid: 7 }))).toBe(false);
    expect(runs(job({}), "a")).toBe(false);
    expect(runs(job({ backend: "a", state: "waiting" }))).toBe(false);
  });

  test("REL-10b a list of processes that fails or does not name the backend for once is not its end", () => {
    let jobs = [job({ pid: 7 })];
    let gpus = processes("a");
    const work = createDeclaredWork({ jobs: () => jobs, gpus: () => gpus });
    expect(work.runsIn("a")).toBe(true);
    for (const list of [[{ processes: null }], processes(), []]) {
      gpus = list;
      expect(work.runsIn("a")).toBe(true);
    }
    // It may tell another process.
    jobs = [job({ pid: 8 })];
    expect(work.runsIn("a")).toBe(false);
    jobs = [job({ pid: 7, state: "done" })];
    expect(work.runsIn("a")).toBe(false);
    jobs = [job({ pid: 7 })];
    expect(work.runsIn("a")).toBe(false);
  });
});
