import { afterEach, beforeEach, expect, test } from "vitest";
import type { Backend } from "../../server/release/backends/backend.ts";
import type { BackendStatus } from "../../shared/release/backend.ts";
import {
  type FakeLlamaCpp,
  LLAMACPP_BUSY_MODEL,
  LLAMACPP_DOWNLOADING_MODEL,
  LLAMACPP_SLEEPING_MODEL,
  startFakeLlamaCpp,
} from "../fixtures/backends/llamacpp.ts";
import { adapterOf, never, routesOf, statusOf } from "../helpers/adapter-of.ts";
import { waitUntil } from "../helpers/wait-until.ts";

let fake: FakeLlamaCpp;
let backend: Backend;

beforeEach(async () => {
  fake = await startFakeLlamaCpp(() => {});
  backend = adapterOf("llamacpp", fake);
});
afterEach(() => fake.close());

const held = [LLAMACPP_BUSY_MODEL, LLAMACPP_SLEEPING_MODEL];
const gone = () => waitUntil(() => !fake.isLoaded(), { what: "the children to stop" });

test("REL-9 what is loaded, loading or asleep is unloaded, and a download goes on", async () => {
  expect((await statusOf(backend)).models).toEqual(held.map((name) => ({ name, usedMiB: null })));
  expect(await backend.unload("now", never)).toEqual({
    kind: "accepted",
    claim: { freedMiB: null, models: held },
  });
  await gone();
  expect(fake.statusOf(LLAMACPP_DOWNLOADING_MODEL)).toBe("downloading");
  expect((await statusOf(backend)).models).toEqual([]);
  fake.set(LLAMACPP_BUSY_MODEL, "loading");
  expect(await backend.unload("now", never)).toMatchObject({ claim: { models: [LLAMACPP_BUSY_MODEL] } });
});

test("REL-9 with nothing loaded nothing is asked of it", async () => {
  await backend.unload("now", never);
  await gone();
  fake.calls.length = 0;
  expect(await backend.unload("now", never)).toEqual({ kind: "nothing-loaded" });
  expect(routesOf(fake)).toEqual(["GET /models"]);
});

test("REL-9 no call loads a model or wakes one", async () => {
  for (let i = 0; i < 3; i++) await statusOf(backend);
  expect(new Set(routesOf(fake))).toEqual(new Set(["GET /models"]));
  await atRelease();
  expect(fake.statusOf(LLAMACPP_SLEEPING_MODEL)).toBe("sleeping");
});

const query = `?model=${encodeURIComponent(LLAMACPP_BUSY_MODEL)}&autoload=false`;
/** Busy as it is asked around a release. */
async function atRelease(): Promise<boolean | null> {
  const outcome = await backend.status?.(never, "releasing");
  if (outcome?.kind !== "status") throw new Error(JSON.stringify(outcome));
  return outcome.status.busy;
}

test("REL-10 an unload ends the requests of a model, so a release asks its slots whether any runs", async () => {
  expect(backend.duringJob).toBe("ends-jobs");
  expect(await atRelease()).toBe(false);
  fake.startJob();
  expect((await statusOf(backend)).busy).toBeNull();
  fake.calls.length = 0;
  expect(await atRelease()).toBe(true);
  // The sleeping one is left alone.
  expect(routesOf(fake)).toEqual(["GET /models", `GET /slots${query}`]);
  await backend.unload("now", never);
  expect(fake.harmedJobs()).toBe(1);
});

test("REL-10 without slots its metrics tell, and without both nothing does", async () => {
  fake.turnOffSlots();
  fake.startJob();
  expect(await atRelease()).toBeNull();
  fake.turnOnMetrics();
  expect(await atRelease()).toBe(true);
  expect(routesOf(fake).at(-1)).toBe(`GET /metrics${query}`);
  fake.endJob();
  expect(await atRelease()).toBe(false);
});

test("REL-10 a model that goes between the list and the question runs nothing, and is not loaded again", async () => {
  fake.endAfterListing(LLAMACPP_BUSY_MODEL);
  expect(await atRelease()).toBe(false);
  expect(fake.statusOf(LLAMACPP_BUSY_MODEL)).toBe("unloaded");
});

test("REL-10 a model that is loading is busy: its child would be killed, and whoever waits for it", async () => {
  fake.set(LLAMACPP_BUSY_MODEL, "loading");
  expect((await statusOf(backend)).busy).toBe(true);
  expect(await atRelease()).toBe(true);
});

test("REL-20c an unload is over when the list says so, not when it was accepted", async () => {
  await backend.unload("now", never);
  expect(await backend.going?.(never)).toEqual({ kind: "going", inUse: false });
  await gone();
  expect(await backend.going?.(never)).toEqual({ kind: "gone" });
});

test("REL-18b what was unloaded is loaded again, and nothing else", async () => {
  expect(backend.hasUnloaded?.()).toBe(false);
  await backend.unload("now", never);
  await gone();
  await statusOf(backend);
  expect(backend.hasUnloaded?.()).toBe(true);
  expect(await backend.load?.(never)).toEqual({ kind: "accepted" });
  expect((await statusOf(backend)).models.map(({ name }) => name)).toEqual(held);
  expect(backend.hasUnloaded?.()).toBe(false);
  expect(fake.statusOf("ggml-org/gpt-oss-20b-GGUF")).toBe("unloaded");
});

test("REL-18b one that runs already is as good as loaded, and one that cannot be is told", async () => {
  await backend.unload("now", never);
  await gone();
  await statusOf(backend);
  fake.set(LLAMACPP_SLEEPING_MODEL, "loaded");
  expect(await backend.load?.(never)).toEqual({ kind: "accepted" });
  await backend.unload("now", never);
  await gone();
  fake.breakFile(LLAMACPP_BUSY_MODEL);
  expect(await backend.load?.(never)).toMatchObject({
    kind: "failed",
    problem: { code: "load-failed", params: { model: LLAMACPP_BUSY_MODEL } },
  });
});

test("REL-17b it pushes its models, by the events of older builds and of newer ones", async () => {
  const told: BackendStatus[] = [];
  await statusOf(backend);
  const end = backend.subscribe?.((status) => told.push(status));
  await waitUntil(() => fake.listeners() === 1, { what: "it to listen" });
  const hears = async (event: string, status: "loading" | "loaded" | "unloaded", expected: object) => {
    fake.announce(event, LLAMACPP_BUSY_MODEL, status);
    await waitUntil(() => told.length > 0, { what: status });
    expect(told.splice(0)).toMatchObject([expected]);
  };
  const other = { name: LLAMACPP_SLEEPING_MODEL };
  await hears("model_status", "unloaded", { busy: null, models: [other] });
  await hears("status_change", "loading", { busy: true, models: [{ name: LLAMACPP_BUSY_MODEL }, other] });
  await hears("status_change", "loaded", { busy: null });
  end?.();
  await waitUntil(() => fake.listeners() === 0, { what: "it to listen no more" });
});

test("REL-14 a model that has stopped by itself meanwhile is as good as unloaded", async () => {
  fake.set(LLAMACPP_SLEEPING_MODEL, "unloaded");
  fake.endAfterListing(LLAMACPP_BUSY_MODEL);
  expect(await backend.unload("now", never)).toMatchObject({ kind: "accepted" });
  expect(routesOf(fake)).toEqual(["GET /models", "POST /models/unload"]);
});

test("REL-14 one that runs a single model cannot unload, and says so in words of its own", async () => {
  fake.becomeSingleModel();
  expect(backend.modes).toContain("auto");
  expect(await statusOf(backend)).toMatchObject({ busy: null, models: [{ name: LLAMACPP_BUSY_MODEL }] });
  expect(backend.modes).toEqual([]);
  const outcome = await backend.unload("auto", never);
  expect(outcome).toMatchObject({
    kind: "failed",
    reached: false,
    problem: { code: "backend-single-model" },
  });
  expect(JSON.stringify(outcome)).toMatch(/router mode.*--sleep-idle-seconds/);
  fake.sleep();
  expect((await statusOf(backend)).models).toEqual([]);
  expect(await backend.unload("auto", never)).toEqual({ kind: "nothing-loaded" });
  // Neither of them wakes it or keeps it awake.
  expect(new Set(routesOf(fake))).toEqual(new Set(["GET /models", "GET /props"]));
});

test("SEC-6c its key goes with every call, and without one it is said that one is wanted", async () => {
  fake.requireKey("k3y");
  const refused = { kind: "failed", refused: true, problem: { code: "backend-unauthorized" } };
  expect(await backend.unload("now", never)).toMatchObject(refused);
  expect(fake.isLoaded()).toBe(true);
  const keyed = adapterOf("llamacpp", fake, { apiKey: "k3y" });
  expect(await keyed.unload("now", never)).toMatchObject({ kind: "accepted", claim: { models: held } });
});
