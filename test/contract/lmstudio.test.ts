import { afterEach, beforeEach, expect, test } from "vitest";
import type { Backend } from "../../server/release/backends/backend.ts";
import { type FakeLmStudio, LMSTUDIO_INSTANCES, startFakeLmStudio } from "../fixtures/backends/lmstudio.ts";
import { adapterOf, never, routesOf, statusOf } from "../helpers/adapter-of.ts";
import { jsonOf } from "../helpers/backend-server.ts";

let fake: FakeLmStudio;
let backend: Backend;

beforeEach(async () => {
  fake = await startFakeLmStudio(() => {});
  backend = adapterOf("lmstudio", fake);
});
afterEach(() => fake.close());

test("REL-9 every instance is unloaded by itself, two of one model among them", async () => {
  expect((await statusOf(backend)).models).toEqual(
    LMSTUDIO_INSTANCES.map((name) => ({ name, usedMiB: null })),
  );
  expect(await backend.unload("now", never)).toEqual({
    kind: "accepted",
    claim: { freedMiB: null, models: LMSTUDIO_INSTANCES },
  });
  expect(fake.calls.slice(2).map(jsonOf)).toEqual(LMSTUDIO_INSTANCES.map((id) => ({ instance_id: id })));
  expect(fake.isLoaded()).toBe(false);
});

test("REL-9 with nothing loaded nothing is asked of it", async () => {
  await backend.unload("now", never);
  fake.calls.length = 0;
  expect(await backend.unload("now", never)).toEqual({ kind: "nothing-loaded" });
  expect(routesOf(fake)).toEqual(["GET /api/v1/models"]);
});

test("REL-10 an unload cuts off what is generated, and it is said so", async () => {
  expect(backend.duringJob).toBe("ends-jobs");
  fake.startJob();
  expect((await statusOf(backend)).busy).toBeNull();
  await backend.unload("now", never);
  expect(fake.harmedJobs()).toBe(1);
});

test("REL-18b what went is loaded again as it was, two instances of one model among them, and no third", async () => {
  const [first = "", second = ""] = LMSTUDIO_INSTANCES;
  const config = { context_length: 16_384, flash_attention: true, num_experts: 4 };
  fake.loadWith(first, config);
  await statusOf(backend);
  expect(backend.hasUnloaded?.()).toBe(false);
  await backend.unload("now", never);
  expect(backend.hasUnloaded?.()).toBe(true);
  fake.loadWith(first, { context_length: 512 });
  expect(await backend.load?.(never)).toEqual({ kind: "accepted" });
  expect(fake.instances().sort()).toEqual([...LMSTUDIO_INSTANCES].sort());
  expect(fake.configOf(second)).toEqual({ context_length: 4096, offload_kv_cache_to_gpu: true });
  expect(backend.hasUnloaded?.()).toBe(false);
  await backend.unload("now", never);
  fake.becomeOld();
  expect(await backend.load?.(never)).toMatchObject({ kind: "failed", problem: { code: "backend-no-api" } });
});

test("REL-14 an instance that was ejected meanwhile is as good as unloaded", async () => {
  for (const id of LMSTUDIO_INSTANCES.slice(1)) {
    fake.ejectAfterListing(id);
    await statusOf(backend);
  }
  fake.ejectAfterListing(LMSTUDIO_INSTANCES[0] ?? "");
  expect(await backend.unload("now", never)).toMatchObject({ kind: "accepted" });
  expect(fake.instances()).toEqual([]);
});

test("REL-14 an error inside a 200 is not taken for an answer", async () => {
  fake.becomeOld();
  const noApi = {
    kind: "failed",
    reached: true,
    problem: { code: "backend-no-api", params: { remedy: expect.stringContaining("0.4") } },
  };
  expect(await backend.status?.(never)).toMatchObject(noApi);
  expect(await backend.unload("now", never)).toMatchObject(noApi);
});

test("SEC-6c its token goes with every call, and without one it is said that one is wanted", async () => {
  fake.requireToken("t0ken");
  const refused = { kind: "failed", reached: true, problem: { code: "backend-unauthorized" } };
  expect(await backend.status?.(never)).toMatchObject(refused);
  expect(await backend.unload("now", never)).toMatchObject(refused);
  expect(await adapterOf("lmstudio", fake, { apiKey: "t0ken" }).unload("now", never)).toMatchObject({
    kind: "accepted",
  });
});
