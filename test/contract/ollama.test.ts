import { afterEach, beforeEach, expect, test } from "vitest";
import type { Backend } from "../../server/release/backends/backend.ts";
import { type FakeOllama, OLLAMA_BUSY_MODEL, startFakeOllama } from "../fixtures/backends/ollama.ts";
import { adapterOf, never, routesOf, statusOf } from "../helpers/adapter-of.ts";
import { jsonOf } from "../helpers/backend-server.ts";
import { waitUntil } from "../helpers/wait-until.ts";

let fake: FakeOllama;
let backend: Backend;

beforeEach(async () => {
  fake = await startFakeOllama(() => {});
  backend = adapterOf("ollama", fake);
});
afterEach(() => fake.close());

const gone = () => waitUntil(() => !fake.isLoaded(), { what: "the models to leave VRAM" });

test("REL-9 every model that it lists is unloaded, and what they take is told in MiB", async () => {
  expect(await statusOf(backend)).toEqual({
    busy: null,
    queue: null,
    models: [
      { name: "llama3.2:latest", usedMiB: 3280 },
      { name: "nomic-embed-text:latest", usedMiB: 552 },
    ],
    allocator: null,
  });
  expect(await backend.unload("now", never)).toEqual({
    kind: "accepted",
    claim: { freedMiB: null, models: ["llama3.2:latest", "nomic-embed-text:latest"] },
  });
  expect(fake.calls.slice(2).map(jsonOf)).toEqual([
    { model: "llama3.2:latest", keep_alive: 0 },
    { model: "nomic-embed-text:latest", keep_alive: 0 },
  ]);
  // It says yes before it has done it.
  expect(fake.isLoaded()).toBe(true);
  await gone();
  expect((await statusOf(backend)).models).toEqual([]);
});

test("REL-9 with nothing loaded nothing is asked of it, so that nothing gets loaded", async () => {
  await backend.unload("now", never);
  await gone();
  fake.calls.length = 0;
  expect(await backend.unload("now", never)).toEqual({ kind: "nothing-loaded" });
  expect(routesOf(fake)).toEqual(["GET /api/ps"]);
  expect(fake.isLoaded()).toBe(false);
});

test("REL-10 a model in use stays until its last request has ended, and an idle one goes at once", async () => {
  fake.startJob();
  fake.startJob();
  await backend.unload("auto", never);
  expect(fake.listed()).toEqual([OLLAMA_BUSY_MODEL]);
  fake.endJob();
  expect(fake.listed()).toEqual([OLLAMA_BUSY_MODEL]);
  fake.endJob();
  await gone();
  expect([fake.finishedJobs(), fake.harmedJobs()]).toEqual([2, 0]);
});

test("REL-14 a model that was deleted while loaded does not keep the others from being unloaded", async () => {
  fake.remove("llama3.2:latest");
  expect(await backend.unload("now", never)).toEqual({
    kind: "accepted",
    claim: { freedMiB: null, models: ["nomic-embed-text:latest"] },
  });
  fake.remove("nomic-embed-text:latest");
  await waitUntil(() => fake.listed().length === 1, { what: "the other to be gone" });
  expect(await backend.unload("now", never)).toMatchObject({
    kind: "failed",
    reached: true,
    problem: { code: "backend-status", params: { status: 404 } },
  });
});

test("SEC-6c a proxy before it gets its key, and without one it is said that one is wanted", async () => {
  fake.requireKey("k3y");
  const refused = { kind: "failed", problem: { code: "backend-unauthorized" } };
  expect(await backend.status?.(never)).toMatchObject(refused);
  expect(await backend.unload("now", never)).toMatchObject(refused);
  const keyed = adapterOf("ollama", fake, { apiKey: "k3y" });
  expect((await statusOf(keyed)).models).toHaveLength(2);
  expect(await keyed.unload("now", never)).toMatchObject({ kind: "accepted" });
});
