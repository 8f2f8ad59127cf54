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

const EMBEDS = "nomic-embed-text:latest";
const kept = (model: string) => ({
  code: "model-kept",
  params: { model, time: expect.stringMatching(/^\d\d:\d\d$/) },
});

test("REL-20c told to go and still listed is in use, until its request has ended", async () => {
  fake.startJob();
  await backend.unload("auto", never);
  expect(await backend.going?.(never)).toEqual({ kind: "going", inUse: true });
  expect((await statusOf(backend)).busy).toBe(true);
  fake.endJob();
  await gone();
  expect(await backend.going?.(never)).toEqual({ kind: "gone" });
  expect((await statusOf(backend)).busy).toBeNull();
});

test("REL-20d a yes after which nothing goes is told, with until when", async () => {
  fake.keep(OLLAMA_BUSY_MODEL);
  expect(await backend.unload("auto", never)).toMatchObject({ kind: "accepted" });
  expect(await backend.going?.(never)).toMatchObject({ kind: "stays", problem: kept(OLLAMA_BUSY_MODEL) });
  fake.loadWith(OLLAMA_BUSY_MODEL, { forEver: true, context: 4096 });
  expect(await backend.going?.(never)).toMatchObject({
    kind: "stays",
    problem: { code: "model-kept-on", params: { model: OLLAMA_BUSY_MODEL } },
  });
});

test("REL-20d a model that was deleted while loaded goes by another of its names, else by itself", async () => {
  fake.copy(OLLAMA_BUSY_MODEL, "mine:latest");
  fake.remove(OLLAMA_BUSY_MODEL);
  fake.remove(EMBEDS);
  expect(await backend.unload("now", never)).toEqual({
    kind: "accepted",
    claim: { freedMiB: null, models: [OLLAMA_BUSY_MODEL] },
  });
  await waitUntil(() => fake.listed().length === 1, { what: "the other to be gone" });
  expect(await backend.going?.(never)).toMatchObject({ kind: "stays", problem: kept(EMBEDS) });
  expect(await backend.unload("now", never)).toMatchObject({
    kind: "failed",
    refused: true,
    problem: kept(EMBEDS),
  });
});

test("REL-18b what went is loaded again with the context and the stay it had; an embedding model, too", async () => {
  fake.loadWith(OLLAMA_BUSY_MODEL, { forEver: true, context: 32_768 });
  fake.loadWith(EMBEDS, { forEver: false, context: 2048 });
  expect(backend.hasUnloaded?.()).toBe(false);
  await backend.unload("now", never);
  await gone();
  expect(await backend.going?.(never)).toEqual({ kind: "gone" });
  expect(backend.hasUnloaded?.()).toBe(true);
  expect(await backend.load?.(never)).toEqual({ kind: "accepted" });
  expect(fake.settingsOf(OLLAMA_BUSY_MODEL)).toEqual({ forEver: true, context: 32_768 });
  expect(fake.settingsOf(EMBEDS)).toEqual({ forEver: false, context: 2048 });
  expect(backend.hasUnloaded?.()).toBe(false);
});

test("REL-18b what somebody else has loaded again since is left as it is", async () => {
  await backend.unload("now", never);
  await gone();
  fake.loadWith(OLLAMA_BUSY_MODEL, { forEver: false, context: 8192 });
  fake.loadWith(EMBEDS, { forEver: false, context: 8192 });
  await statusOf(backend);
  expect(backend.hasUnloaded?.()).toBe(false);
  fake.calls.length = 0;
  expect(await backend.load?.(never)).toEqual({ kind: "accepted" });
  expect(routesOf(fake)).toEqual(["GET /api/ps"]);
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
