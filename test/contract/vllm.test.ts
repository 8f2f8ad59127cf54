import { afterEach, beforeEach, expect, test } from "vitest";
import type { Backend } from "../../server/release/backends/backend.ts";
import { readVllmRequests } from "../../server/release/backends/vllm-metrics.ts";
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
  expect(routesOf(fake)).toEqual(["GET /is_sleeping"]);
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

test("REL-10 it is not put to sleep under a request, in whatever mode", async () => {
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
  const expected = { running: 3, waiting: 4, models: ['a \\"b\\", c'] };
  expect(readVllmRequests(text.join("\n"))).toEqual(expected);
  expect(readVllmRequests(text.join("\r\n"))).toEqual(expected);
  expect(readVllmRequests("vllm:num_requests_waiting 4")).toBeNull();
  expect(readVllmRequests("<html>")).toBeNull();
});

test("REL-14 without its development mode it is said how to start it", async () => {
  fake.turnOffDevMode();
  const noApi = {
    kind: "failed",
    reached: true,
    problem: {
      code: "backend-no-api",
      params: { remedy: "Start vLLM with VLLM_SERVER_DEV_MODE=1 and --enable-sleep-mode." },
    },
  };
  expect(await backend.status?.(never)).toMatchObject(noApi);
  expect(await backend.unload("now", never)).toMatchObject(noApi);
  expect(await backend.load?.(never)).toMatchObject(noApi);
});

test("SEC-6c its key goes with every call", async () => {
  const keyed = adapterOf("vllm", fake, { apiKey: "k3y", level: 2 });
  await keyed.status?.(never);
  await keyed.unload("now", never);
  await keyed.load?.(never);
  expect(fake.calls.length).toBeGreaterThan(8);
  for (const { headers } of fake.calls) expect(headers.authorization).toBe("Bearer k3y");
});
