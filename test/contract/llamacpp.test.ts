import { afterEach, beforeEach, expect, test } from "vitest";
import type { Backend } from "../../server/release/backends/backend.ts";
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
  expect(fake.statusOf(LLAMACPP_SLEEPING_MODEL)).toBe("sleeping");
  expect(new Set(routesOf(fake))).toEqual(new Set(["GET /models"]));
});

test("REL-10 an unload ends the requests of a model, and it is said so", async () => {
  expect(backend.duringJob).toBe("ends-jobs");
  fake.startJob();
  expect((await statusOf(backend)).busy).toBeNull();
  await backend.unload("now", never);
  expect(fake.harmedJobs()).toBe(1);
});

test("REL-14 a model that has stopped by itself meanwhile is as good as unloaded", async () => {
  fake.set(LLAMACPP_SLEEPING_MODEL, "unloaded");
  fake.endAfterListing(LLAMACPP_BUSY_MODEL);
  expect(await backend.unload("now", never)).toMatchObject({ kind: "accepted" });
  expect(routesOf(fake)).toEqual(["GET /models", "POST /models/unload"]);
});

test("REL-14 one that runs a single model cannot unload, and it is said what can", async () => {
  fake.becomeSingleModel();
  for (const outcome of [await backend.status?.(never), await backend.unload("now", never)]) {
    expect(outcome).toMatchObject({ kind: "failed", reached: true, problem: { code: "backend-no-api" } });
    expect(JSON.stringify(outcome)).toMatch(/router mode.*--sleep-idle-seconds/);
  }
  expect(new Set(routesOf(fake))).toEqual(new Set(["GET /models"]));
});

test("SEC-6c its key goes with every call, and without one it is said that one is wanted", async () => {
  fake.requireKey("k3y");
  const refused = { kind: "failed", reached: true, problem: { code: "backend-unauthorized" } };
  expect(await backend.unload("now", never)).toMatchObject(refused);
  expect(fake.isLoaded()).toBe(true);
  const keyed = adapterOf("llamacpp", fake, { apiKey: "k3y" });
  expect(await keyed.unload("now", never)).toMatchObject({ kind: "accepted", claim: { models: held } });
});
