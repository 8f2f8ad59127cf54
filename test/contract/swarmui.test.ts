import * as v from "valibot";
import { afterEach, beforeEach, expect, test } from "vitest";
import { backendSchema } from "../../server/config/backend-options.ts";
import type { Backend } from "../../server/release/backends/backend.ts";
import { createBackend } from "../../server/release/backends/create-backend.ts";
import { TIMINGS } from "../../server/timings.ts";
import {
  type FakeSwarmUi,
  SWARMUI_MODEL,
  SWARMUI_SECRET,
  startFakeSwarmUi,
} from "../fixtures/backends/swarmui.ts";
import { jsonOf } from "../helpers/backend-server.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const never = new AbortController().signal;
let fake: FakeSwarmUi;
let backend: Backend;

beforeEach(async () => {
  fake = await startFakeSwarmUi(() => {});
  backend = create();
});
afterEach(() => fake.close());

function create(more: object = {}): Backend {
  return createBackend(
    v.parse(backendSchema, { kind: "swarmui", url: fake.url, timeoutMs: 2000, ...fake.options, ...more }),
    TIMINGS,
  );
}

async function statusOf(from = backend) {
  const outcome = await from.status?.(never);
  if (outcome?.kind !== "status") throw new Error(`no status: ${JSON.stringify(outcome)}`);
  return outcome.status;
}

const routes = () => fake.calls.map(({ path }) => path.replace("/API/", ""));
const unauthorized = { kind: "failed", reached: true, problem: { code: "backend-unauthorized" } };

test("REL-9 an unload reaches the ComfyUI behind it, with what node outputs hold unless told otherwise", async () => {
  await create({ systemRam: false }).unload("now", never);
  await waitUntil(() => !fake.isLoaded(), { what: "the models to leave VRAM" });
  expect(fake.calls.map(jsonOf).at(-1)).toMatchObject({ system_ram: false, backend: "all" });
  expect(fake.comfy.keepsNodeOutputs()).toBe(true);
  fake.comfy.loadModels();
  fake.comfy.runWithHighVram();
  expect(await backend.unload("now", never)).toEqual({ kind: "accepted", claim: null });
  await waitUntil(() => !fake.isLoaded(), { what: "the models to leave VRAM" });
  expect(fake.comfy.keepsNodeOutputs()).toBe(false);
});

test("REL-18b the models that were loaded are selected again", async () => {
  expect(backend.hasUnloaded?.()).toBe(false);
  await backend.unload("now", never);
  await waitUntil(() => !fake.isLoaded(), { what: "the models to leave VRAM" });
  // Once more: nothing is loaded now, and what was is remembered.
  const before = fake.comfy.calls.length;
  await backend.unload("now", never);
  // It is passed on after the answer, and must not undo what follows.
  await waitUntil(() => fake.comfy.calls.length > before, { what: "the call behind" });
  expect(backend.hasUnloaded?.()).toBe(true);
  expect(await backend.load?.(never)).toEqual({ kind: "accepted" });
  expect(fake.calls.map(jsonOf).at(-1)).toMatchObject({ model: SWARMUI_MODEL });
  expect([fake.isLoaded(), backend.hasUnloaded?.()]).toEqual([true, false]);
});

test("REL-10 beside a backend that unloads at once it is not taken for one that waits for its job", async () => {
  await backend.status?.(never, "releasing");
  expect(backend.duringJob).toBe("deferred");
  fake.addLlamaBackend();
  await backend.status?.(never, "releasing");
  expect(backend.duringJob).toBe("unknown");
  // Whoever may not see them is told of ComfyUI's, which nearly all are.
  fake.permit("control_mem_clean", "read_server_info_panels");
  fake.endSessions();
  await backend.status?.(never, "releasing");
  expect(backend.duringJob).toBe("deferred");
});

test("REL-9 an unload that the idle ComfyUI misses is worth a second call", async () => {
  fake.comfy.missNextWakeUp();
  await backend.unload("now", never);
  await waitUntil(() => fake.comfy.calls.length === 1, { what: "the call behind" });
  expect([fake.isLoaded(), backend.retryWhileIdle]).toEqual([true, true]);
  await backend.unload("now", never);
  await waitUntil(() => !fake.isLoaded(), { what: "the models to leave VRAM" });
});

test("REL-9 without a running backend it is said that there is none", async () => {
  fake.stopBackends();
  expect(await backend.unload("now", never)).toMatchObject({
    kind: "failed",
    reached: false,
    problem: {
      code: "backend-no-api",
      params: { remedy: "Start a backend on the Backends page of SwarmUI's server tab." },
    },
  });
  expect(fake.isLoaded()).toBe(true);
  // Ready or not says nothing of jobs.
  expect((await statusOf()).busy).toBe(false);
});

test("REL-10 the jobs of all sessions count, those that wait, and a model that is being loaded", async () => {
  expect(await statusOf()).toEqual({ busy: false, queue: 0, models: [], allocator: null });
  for (let job = 0; job < 3; job++) fake.startJob();
  expect(await statusOf()).toMatchObject({ busy: true, queue: 2 });
  for (let job = 0; job < 3; job++) fake.endJob();
  expect(await statusOf()).toMatchObject({ busy: false, queue: 0 });
  fake.loadModels(1);
  expect(await statusOf()).toMatchObject({ busy: true, queue: 0 });
});

test("REL-11c interrupt reaches the jobs of other sessions", async () => {
  fake.startJob();
  expect(await backend.interrupt?.(never)).toEqual({ kind: "accepted" });
  await waitUntil(() => fake.interruptedJobs() === 1, { what: "the job to stop" });
});

test("REL-9 one session serves every call, and one that has ended is got again, once", async () => {
  await statusOf();
  await statusOf();
  await backend.unload("now", never);
  expect(routes()).toEqual([
    ...["GetNewSession", "GetGlobalStatus", "GetGlobalStatus"],
    ...["ListBackends", "FreeBackendMemory"],
  ]);
  fake.endSessions();
  fake.calls.length = 0;
  await statusOf();
  expect(routes()).toEqual(["GetGlobalStatus", "GetNewSession", "GetGlobalStatus"]);
  fake.endSessions();
  expect(await backend.unload("now", never)).toMatchObject({ kind: "accepted" });
});

test("REL-14 sessions that end at once are not asked for without end", async () => {
  fake.endSessionsAtOnce();
  expect(await backend.status?.(never)).toMatchObject(unauthorized);
  expect(await backend.unload("now", never)).toMatchObject(unauthorized);
  expect(routes().filter((route) => route === "GetNewSession").length).toBeLessThanOrEqual(3);
});

test("REL-14 what an account may not do is told so, and the rest works", async () => {
  fake.permit("control_mem_clean");
  expect(await backend.status?.(never)).toMatchObject(unauthorized);
  expect(await backend.status?.(never)).toMatchObject(unauthorized);
  expect(await backend.interrupt?.(never)).toMatchObject(unauthorized);
  expect(await backend.unload("now", never)).toMatchObject({ kind: "accepted" });
  // A refusal is no reason for another session.
  expect(fake.sessions()).toHaveLength(1);
});

test("REL-14 accounts want the key", async () => {
  fake.requireKey("k3y-of-the-user");
  expect(await backend.status?.(never)).toMatchObject(unauthorized);
  expect(await create({ apiKey: "wrong" }).unload("now", never)).toMatchObject(unauthorized);
  expect(await create({ apiKey: "k3y-of-the-user" }).unload("now", never)).toMatchObject({
    kind: "accepted",
  });
});

test("SEC-6b neither the session nor the key is in any outcome", async () => {
  const key = "k3y-of-the-user";
  fake.requireKey(key);
  const named = create({ apiKey: key });
  const outcomes: unknown[] = [
    await named.status?.(never, "releasing"),
    await named.unload("now", never),
    await named.load?.(never),
  ];
  outcomes.push(await named.interrupt?.(never));
  fake.permit();
  fake.endSessions();
  outcomes.push(await named.status?.(never));
  await fake.goDown();
  outcomes.push(await named.status?.(never));
  const text = JSON.stringify(outcomes);
  const sessionsSent = fake.calls.map(jsonOf).flatMap((body) => {
    const parsed = v.safeParse(v.object({ session_id: v.string() }), body);
    return parsed.success ? [parsed.output.session_id] : [];
  });
  expect(sessionsSent.length).toBeGreaterThan(0);
  for (const secret of [...sessionsSent, key, fake.url, SWARMUI_SECRET]) expect(text).not.toContain(secret);
});
