import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { Backend } from "../../server/release/backends/backend.ts";
import { readVllmMetrics } from "../../server/release/backends/vllm-metrics.ts";
import { type FakeVllm, startFakeVllm, VLLM_MODEL } from "../fixtures/backends/vllm.ts";
import { adapterOf, never, routesOf, statusOf } from "../helpers/adapter-of.ts";

let fake: FakeVllm;
let backend: Backend;

beforeEach(async () => {
  fake = await startFakeVllm(() => {});
  backend = adapterOf("vllm", fake);
});
afterEach(() => fake.close());

const busy = { kind: "failed", reached: false, problem: { code: "backend-busy" } };

test("REL-9 it is put to sleep at the level of the config, once", async () => {
  expect(await statusOf(backend)).toEqual({
    busy: false,
    queue: 0,
    models: [{ name: VLLM_MODEL, usedMiB: null }],
    allocator: null,
  });
  expect(await backend.unload("now", never)).toEqual({ kind: "accepted", claim: null });
  expect(routesOf(fake).at(-1)).toBe("POST /sleep?level=1");
  expect(fake.isLoaded()).toBe(false);
  expect(await statusOf(backend)).toMatchObject({ busy: false, models: [] });
  expect(await backend.unload("now", never)).toEqual({ kind: "nothing-loaded" });
  expect(routesOf(fake).filter((route) => route.startsWith("POST"))).toHaveLength(1);
});

test("REL-9 it is woken for the next job, and left alone where it is awake", async () => {
  expect(await backend.load?.(never)).toEqual({ kind: "accepted" });
  expect(routesOf(fake)).toEqual(["GET /metrics"]);
  await backend.unload("now", never);
  expect(fake.canServe()).toBe(false);
  expect(await backend.load?.(never)).toEqual({ kind: "accepted" });
  expect(fake.canServe()).toBe(true);
  expect(fake.reloads()).toBe(0);
});

test("REL-9 after level 2 its weights are read again when it is woken", async () => {
  const dropping = adapterOf("vllm", fake, { level: 2 });
  await dropping.unload("now", never);
  expect(routesOf(fake).at(-1)).toBe("POST /sleep?level=2");
  expect(await dropping.load?.(never)).toEqual({ kind: "accepted" });
  expect([fake.canServe(), fake.reloads()]).toEqual([true, 1]);
});

/** As a release asks it, which tells whether it can wait. */
const asAtRelease = () => backend.status?.(never, "releasing");
const sleepsOf = () => routesOf(fake).filter((route) => route.startsWith("POST /sleep"));

test("REL-10 from 0.17 on its requests end before it sleeps, and the call that waits has no short limit", async () => {
  await asAtRelease();
  expect(backend.letsJobsEnd).toBe(true);
  fake.startJob();
  const sent = new Promise<void>((resolve) => fake.onSleep(resolve));
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const unloading = backend.unload("after-current", never);
  await sent;
  vi.advanceTimersByTime(3_600_000);
  expect(fake.isLoaded()).toBe(true);
  fake.endJob();
  expect(await unloading).toMatchObject({ kind: "accepted" });
  expect(sleepsOf()).toEqual(["POST /sleep?level=1&mode=wait"]);
  expect([fake.finishedJobs(), fake.harmedJobs(), fake.isLoaded()]).toEqual([1, 0, false]);
});

test("REL-9 a pause is no sleep, and where the metrics do not tell of sleep its route does", async () => {
  fake.pause();
  expect((await statusOf(backend)).models).toHaveLength(1);
  expect(await backend.load?.(never)).toEqual({ kind: "accepted" });
  expect(await backend.unload("now", never)).toMatchObject({ kind: "accepted" });
  expect(routesOf(fake)).not.toContain("GET /is_sleeping");
});

test("REL-9 REL-10 an old build is asked by the routes that it has", async () => {
  fake.becomeOld();
  await asAtRelease();
  expect(backend.letsJobsEnd).toBe(false);
  expect(backend.hasUnloaded?.()).toBeNull();
  expect(await backend.unload("auto", never)).toMatchObject({ kind: "accepted" });
  expect(routesOf(fake).slice(-2)).toEqual(["GET /is_sleeping", "POST /sleep?level=1"]);
  expect(await backend.unload("auto", never)).toEqual({ kind: "nothing-loaded" });
  expect(await backend.load?.(never)).toEqual({ kind: "accepted" });
  expect(fake.canServe()).toBe(true);
});

test("REL-18 REL-18b asleep it is known to be, also after a restart of the sidecar; half awake is not awake", async () => {
  await backend.unload("now", never);
  const another = adapterOf("vllm", fake);
  await statusOf(another);
  expect([another.hasUnloaded?.(), another.parks]).toEqual([true, true]);
  fake.wakePartly();
  expect(await another.load?.(never)).toMatchObject({ kind: "failed", problem: { code: "load-failed" } });
});

test("REL-10 before 0.17 it is not put to sleep under a request, in whatever mode", async () => {
  fake.becomeOld();
  fake.startJob();
  for (const mode of ["auto", "now", "after-current"] as const) {
    expect(await backend.unload(mode, never)).toMatchObject(busy);
  }
  fake.startJob();
  expect(await statusOf(backend)).toMatchObject({ busy: true, queue: 1 });
  fake.endJob();
  fake.endJob();
  expect(await backend.unload("auto", never)).toMatchObject({ kind: "accepted" });
  expect([fake.finishedJobs(), fake.harmedJobs()]).toEqual([2, 0]);
});

test("REL-10 requests of every engine count", async () => {
  fake.spreadOverEngines();
  expect(await statusOf(backend)).toMatchObject({ busy: false, queue: 0 });
  fake.startJob();
  expect(await statusOf(backend)).toMatchObject({ busy: true, queue: 0, models: [{ name: VLLM_MODEL }] });
  expect(await backend.unload("now", never)).toMatchObject(busy);
});

test("REL-10 where it does not tell of its requests, only “now” puts it to sleep", async () => {
  fake.turnOffMetrics();
  expect(await statusOf(backend)).toMatchObject({ busy: null, queue: null });
  expect(await backend.unload("auto", never)).toMatchObject({
    kind: "failed",
    reached: false,
    problem: { code: "busy-unknown" },
  });
  expect(fake.isLoaded()).toBe(true);
  expect(await backend.unload("now", never)).toMatchObject({ kind: "accepted" });
});

test("REL-10 what its metrics say is read by the name of the gauge alone", () => {
  const text = [
    "# HELP vllm:num_requests_running vllm:num_requests_running 9",
    'vllm:num_requests_running{model_name="a \\"b\\", c",engine="0"} 1e+00 1766000000',
    "vllm:num_requests_running 2",
    'vllm:num_requests_running{engine="1"} NaN',
    'vllm:num_requests_waiting_by_reason{reason="capacity"} 5',
    'other_vllm:num_requests_running{engine="0"} 5',
    "vllm:num_requests_waiting{} 4",
  ];
  const expected = { requests: { running: 3, waiting: 4 }, asleep: null, models: ['a \\"b\\", c'] };
  expect(readVllmMetrics(text.join("\n"))).toEqual(expected);
  expect(readVllmMetrics(text.join("\r\n"))).toEqual(expected);
  expect(readVllmMetrics("vllm:num_requests_waiting 4")?.requests).toBeNull();
  expect(readVllmMetrics("<html>")).toBeNull();
  const engine = (number: number, awake: number) =>
    `vllm:engine_sleep_state{engine="${number}",sleep_state="awake"} ${awake}\nvllm:engine_sleep_state{engine="${number}",sleep_state="discard_all"} ${1 - awake}`;
  expect(readVllmMetrics([engine(0, 0), engine(1, 0)].join("\n"))?.asleep).toBe(true);
  expect(readVllmMetrics([engine(0, 0), engine(1, 1)].join("\n"))?.asleep).toBe(false);
});

test("REL-14 without its development mode its status is told all the same, and a release says how to start it", async () => {
  fake.turnOffDevMode();
  expect(await statusOf(backend)).toMatchObject({ busy: false, models: [{ name: VLLM_MODEL }] });
  const noApi = {
    kind: "failed",
    refused: true,
    problem: {
      code: "backend-no-api",
      params: { remedy: "Start vLLM with VLLM_SERVER_DEV_MODE=1 and --enable-sleep-mode." },
    },
  };
  expect(await backend.unload("now", never)).toMatchObject(noApi);
  // The words that a start of before would have let it sleep by, and metrics that tell nothing.
  fake.becomeOld();
  expect(await backend.load?.(never)).toMatchObject(noApi);
});

test("SEC-6c its key goes with every call", async () => {
  const keyed = adapterOf("vllm", fake, { apiKey: "k3y", level: 2 });
  await keyed.status?.(never);
  await keyed.unload("now", never);
  await keyed.load?.(never);
  expect(fake.calls.length).toBeGreaterThan(6);
  for (const { headers } of fake.calls) expect(headers.authorization).toBe("Bearer k3y");
});
