import * as v from "valibot";
import { afterEach, describe, expect, test } from "vitest";
import { backendSchema } from "../../server/config/backend-options.ts";
import type { Backend, Occasion } from "../../server/release/backends/backend.ts";
import { createBackend } from "../../server/release/backends/create-backend.ts";
import { TIMINGS } from "../../server/timings.ts";
import { startFakeA1111 } from "../fixtures/backends/a1111.ts";
import type { FakeBackend } from "../fixtures/backends/fake-backend.ts";
import { startFakeForge } from "../fixtures/backends/forge.ts";
import { type FakeSdWebUi, JOB_STATES } from "../fixtures/backends/sd-webui.ts";
import { SDNEXT_MODEL, SDNEXT_SECRET, startFakeSdNext } from "../fixtures/backends/sdnext.ts";

const never = new AbortController().signal;
const fakes: FakeBackend[] = [];
afterEach(async () => {
  for (const fake of fakes.splice(0)) await fake.close();
});

async function start<T extends FakeBackend>(kind: string, startFake: (onUnload: () => void) => Promise<T>) {
  const fake = await startFake(() => {});
  fakes.push(fake);
  const create = (more: object = {}) =>
    createBackend(
      v.parse(backendSchema, { kind, url: fake.url, timeoutMs: 2000, ...fake.options, ...more }),
      TIMINGS,
    );
  return { fake, create, backend: create() };
}

async function statusOf(backend: Backend, occasion?: Occasion) {
  const outcome = await backend.status?.(never, occasion);
  if (outcome?.kind !== "status") throw new Error(`no status: ${JSON.stringify(outcome)}`);
  return outcome.status;
}

const PROGRESS = "/sdapi/v1/progress?skip_current_image=true";
const failedWith = (code: string) => ({ kind: "failed", problem: { code } });
const LOGIN = { username: "alice", password: "pä:ss" };
const countOf = ({ calls }: FakeBackend, path: string) => calls.filter((call) => call.path === path).length;

describe.each([
  ["a1111", startFakeA1111],
  ["forge", startFakeForge],
] satisfies [string, (onUnload: () => void) => Promise<FakeSdWebUi>][])("%s", (kind, startFake) => {
  test.each(JOB_STATES)("REL-10 a job shown as %o is one, and is not broken", async (state) => {
    const { fake, backend } = await start(kind, startFake);
    fake.showJobAs(state);
    fake.startJob();
    expect(await statusOf(backend)).toMatchObject({ busy: true, queue: 0 });
    expect(await backend.unload("now", never)).toMatchObject({
      ...failedWith("backend-busy"),
      reached: false,
    });
    fake.endJob();
    expect([fake.harmedJobs(), fake.finishedJobs(), fake.isLoaded()]).toEqual([0, 1, true]);
  });

  test("REL-10 where it cannot be told whether a job runs, nothing is unloaded", async () => {
    const { fake, backend } = await start(kind, startFake);
    fake.startJob();
    for (const fault of ["answers-500", "not-json", "half-answer"] as const) {
      fake.breakWith(fault);
      expect(await backend.unload("now", never)).toMatchObject({ kind: "failed" });
    }
    expect(fake.calls.filter(({ method }) => method === "POST")).toEqual([]);
  });

  test("REL-9 the status has the allocator in MiB, and none without CUDA", async () => {
    const { fake, backend } = await start(kind, startFake);
    const allocator = { allocatedMiB: 6144, reservedMiB: 7168, maxAllocatedMiB: 9216 };
    const told = { busy: false, queue: 0, job: null, models: [], allocator };
    expect(await statusOf(backend, "releasing")).toEqual(told);
    await backend.unload("now", never);
    expect((await statusOf(backend, "releasing")).allocator).toMatchObject({
      allocatedMiB: 0,
      reservedMiB: 0,
    });
    fake.loseCuda();
    expect((await statusOf(backend, "releasing")).allocator).toBeNull();
  });

  test("REL-17 whoever only watches asks two small things, and of a running job seldom how far it is", async () => {
    const { fake, backend } = await start(kind, startFake);
    fake.startJob();
    await statusOf(backend);
    const paths = fake.calls.map(({ method, path }) => `${method} ${path}`).sort();
    expect(paths).toEqual(["GET /internal/pending-tasks", "GET /sdapi/v1/progress?skip_current_image=true"]);
    for (let poll = 0; poll < 13; poll++) expect((await statusOf(backend)).busy).toBe(true);
    expect(countOf(fake, PROGRESS)).toBe(2);
    // Who releases asks each time, and who waits for the job's end every third.
    await statusOf(backend, "releasing");
    for (let wait = 0; wait < 3; wait++) await statusOf(backend, "waiting");
    expect(countOf(fake, PROGRESS)).toBe(4);
    fake.endJob();
    expect((await statusOf(backend, "releasing")).busy).toBe(false);
    expect(countOf(fake, "/sdapi/v1/memory")).toBe(2);
  });

  test("REL-10 jobs that wait are counted, and the running one has a name of its own", async () => {
    const { fake, backend } = await start(kind, startFake);
    for (let job = 0; job < 3; job++) fake.startJob();
    const first = await statusOf(backend, "releasing");
    expect(first).toMatchObject({ busy: true, queue: 2 });
    fake.endJob();
    const next = await statusOf(backend, "releasing");
    expect(next).toMatchObject({ busy: true, queue: 1 });
    expect(next.job).not.toBe(first.job);
  });

  test("REL-14 a missing --api and a missing log-in are told apart", async () => {
    const { fake, create, backend } = await start(kind, startFake);
    fake.requireLogin(LOGIN.username, LOGIN.password);
    for (const wrong of [backend, create({ ...LOGIN, password: "wrong" })]) {
      expect(await wrong.status?.(never)).toMatchObject(failedWith("backend-unauthorized"));
      expect(await wrong.unload("now", never)).toMatchObject(failedWith("backend-unauthorized"));
    }
    expect(fake.isLoaded()).toBe(true);
    const allowed = create(LOGIN);
    expect(await statusOf(allowed)).toMatchObject({ busy: false });
    expect(await allowed.unload("now", never)).toMatchObject({ kind: "accepted" });
    expect(fake.isLoaded()).toBe(false);
    fake.switchApiOff();
    const noApi = {
      ...failedWith("backend-no-api"),
      problem: { params: { remedy: "Start it with --api." } },
    };
    expect(await allowed.status?.(never)).toMatchObject(noApi);
    expect(await allowed.unload("now", never)).toMatchObject(noApi);
    expect(await allowed.interrupt?.(never)).toMatchObject(noApi);
  });

  test("SEC-6b user and password are in no outcome", async () => {
    const { fake, create } = await start(kind, startFake);
    const backend = create(LOGIN);
    const outcomes = [await backend.status?.(never)];
    fake.requireLogin("bob", "other");
    outcomes.push(await backend.status?.(never));
    await fake.goDown();
    outcomes.push(await backend.status?.(never));
    expect(JSON.stringify(outcomes)).not.toMatch(/alice|pä:ss/);
    expect(JSON.stringify(outcomes)).not.toContain(
      Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString("base64"),
    );
  });
});

test("REL-9 A1111 runs the next job only when it was made ready for it", async () => {
  const { fake, backend } = await start("a1111", startFakeA1111);
  await backend.unload("now", never);
  fake.startJob();
  expect([fake.failedJobs(), fake.isBusy()]).toEqual([1, false]);
  expect(await backend.load?.(never)).toEqual({ kind: "accepted" });
  fake.startJob();
  expect([fake.failedJobs(), fake.isBusy()]).toEqual([1, true]);
});

test("REL-9 an unload of A1111 does not bring its model back by itself", async () => {
  const { fake, backend } = await start("a1111", startFakeA1111);
  await backend.unload("auto", never);
  await statusOf(backend);
  expect([fake.isLoaded(), countOf(fake, "/sdapi/v1/reload-checkpoint")]).toEqual([false, 0]);
});

test("REL-9 Forge and SD.Next need nothing before the next job", async () => {
  for (const { fake, backend } of [
    await start("forge", startFakeForge),
    await start("sdnext", startFakeSdNext),
  ]) {
    expect(backend.parks).toBeUndefined();
    await backend.unload("now", never);
    fake.startJob();
    expect([fake.isBusy(), fake.isLoaded()]).toEqual([true, true]);
  }
});

describe("sdnext", () => {
  test("REL-9 its 204 is an acceptance, and its status names the model and that there is none", async () => {
    const { fake, backend } = await start("sdnext", startFakeSdNext);
    expect(await statusOf(backend, "releasing")).toMatchObject({
      busy: false,
      queue: 0,
      models: [{ name: SDNEXT_MODEL, usedMiB: null }],
      allocator: { allocatedMiB: 6144, reservedMiB: 7168, maxAllocatedMiB: 9216 },
    });
    expect(await backend.unload("now", never)).toEqual({ kind: "accepted", claim: null });
    expect(fake.isLoaded()).toBe(false);
    expect(await statusOf(backend, "releasing")).toMatchObject({ models: [], allocator: { reservedMiB: 0 } });
  });

  test("REL-9 without a model nothing is asked of it", async () => {
    const { fake, backend } = await start("sdnext", startFakeSdNext);
    await backend.unload("now", never);
    expect(await backend.unload("now", never)).toEqual({ kind: "nothing-loaded" });
    expect(countOf(fake, "/sdapi/v1/unload-checkpoint")).toBe(1);
  });

  test("REL-10 a running job is not broken, and jobs that wait are counted", async () => {
    const { fake, backend } = await start("sdnext", startFakeSdNext);
    fake.startJob();
    fake.startJob();
    expect(await statusOf(backend)).toMatchObject({ busy: true, queue: 1 });
    expect(await backend.unload("now", never)).toMatchObject({
      ...failedWith("backend-busy"),
      reached: false,
    });
    expect([fake.harmedJobs(), countOf(fake, "/sdapi/v1/unload-checkpoint")]).toEqual([0, 0]);
  });

  test("REL-11c it is idle after an interrupt, although it still says interrupted", async () => {
    const { fake, backend } = await start("sdnext", startFakeSdNext);
    fake.startJob();
    expect(await backend.interrupt?.(never)).toEqual({ kind: "accepted" });
    expect((await statusOf(backend)).busy).toBe(false);
    expect(await backend.unload("now", never)).toMatchObject({ kind: "accepted" });
    expect([fake.interruptedJobs(), fake.harmedJobs()]).toEqual([1, 0]);
  });

  test("REL-14 a log-in that is missing and too many requests are told apart", async () => {
    const { fake, create, backend } = await start("sdnext", startFakeSdNext);
    fake.requireLogin(LOGIN.username, LOGIN.password);
    expect(await backend.status?.(never)).toMatchObject(failedWith("backend-unauthorized"));
    expect(await backend.unload("now", never)).toMatchObject(failedWith("backend-unauthorized"));
    const allowed = create(LOGIN);
    expect(await statusOf(allowed)).toMatchObject({ busy: false });
    fake.limitTo(3);
    expect(await allowed.status?.(never)).toMatchObject(failedWith("backend-rate-limit"));
    expect(await allowed.unload("now", never)).toMatchObject(failedWith("backend-rate-limit"));
    expect(fake.isLoaded()).toBe(true);
  });

  test("REL-17 a status every 5 s stays far below its limit, and asks nothing that installs packages", async () => {
    const { fake, backend } = await start("sdnext", startFakeSdNext);
    fake.limitTo(12);
    for (let poll = 0; poll < 12; poll++) await statusOf(backend);
    expect(new Set(fake.calls.map(({ path }) => path))).toEqual(
      new Set(["/sdapi/v1/status", "/sdapi/v1/checkpoint"]),
    );
  });

  test("REL-18b what was unloaded is loaded again, also where another checkpoint is selected by now", async () => {
    const { fake, backend } = await start("sdnext", startFakeSdNext);
    await backend.unload("now", never);
    expect(await backend.load?.(never)).toEqual({ kind: "accepted" });
    expect([fake.isLoaded(), countOf(fake, "/sdapi/v1/reload-checkpoint")]).toEqual([true, 1]);
    fake.loseSelected();
    await backend.unload("now", never);
    expect(await backend.load?.(never)).toEqual({ kind: "accepted" });
    expect(fake.calls.map(({ path }) => path)).toContain(
      `/sdapi/v1/checkpoint?sd_model_checkpoint=${SDNEXT_MODEL}`,
    );
    expect(fake.isLoaded()).toBe(true);
  });

  test("REL-18b with its checkpoint locked it is said that no model came", async () => {
    const { fake, backend } = await start("sdnext", startFakeSdNext);
    await backend.unload("now", never);
    fake.lockCheckpoint();
    expect(await backend.load?.(never)).toMatchObject(failedWith("not-loaded"));
  });

  test("REL-14 below a subpath it is said where it has to be asked", async () => {
    const { fake, create, backend } = await start("sdnext", startFakeSdNext);
    fake.moveTo("/sdnext");
    expect(await backend.status?.(never)).toMatchObject({
      problem: { code: "backend-no-api", params: { remedy: expect.stringContaining("--subpath") } },
    });
    expect(await statusOf(create({ url: `${fake.url}/sdnext` }))).toMatchObject({ busy: false });
  });

  test("SEC-6b the model's path is in no status", async () => {
    const { backend } = await start("sdnext", startFakeSdNext);
    expect(JSON.stringify(await statusOf(backend))).not.toContain(SDNEXT_SECRET);
  });
});
