import * as v from "valibot";
import { afterEach, beforeEach, expect, test } from "vitest";
import { backendSchema } from "../../server/config/backend-options.ts";
import type { Backend, Occasion } from "../../server/release/backends/backend.ts";
import { createBackend } from "../../server/release/backends/create-backend.ts";
import { TIMINGS } from "../../server/timings.ts";
import type { BackendStatus } from "../../shared/release/backend.ts";
import { COMFYUI_SECRET, type FakeComfyUi, startFakeComfyUi } from "../fixtures/backends/comfyui.ts";
import { jsonOf } from "../helpers/backend-server.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const never = new AbortController().signal;
let fake: FakeComfyUi;
let backend: Backend;
let unloads: number;
const unsubscribes: (() => void)[] = [];

beforeEach(async () => {
  unloads = 0;
  fake = await startFakeComfyUi(() => {
    unloads++;
  });
  backend = create();
});
afterEach(async () => {
  for (const unsubscribe of unsubscribes.splice(0)) unsubscribe();
  await fake.close();
});

function create(more: object = {}): Backend {
  return createBackend(
    v.parse(backendSchema, { kind: "comfyui", url: fake.url, timeoutMs: 2000, ...fake.options, ...more }),
    TIMINGS,
  );
}

async function statusOf(occasion?: Occasion): Promise<BackendStatus> {
  const outcome = await backend.status?.(never, occasion);
  if (outcome?.kind !== "status") throw new Error(`no status: ${JSON.stringify(outcome)}`);
  return outcome.status;
}

/** Listens, and collects what is pushed. */
function listen(to = backend): BackendStatus[] {
  const pushed: BackendStatus[] = [];
  unsubscribes.push(to.subscribe?.((status) => pushed.push(status)) ?? (() => {}));
  return pushed;
}

const bodiesOf = (path: string) => fake.calls.filter((call) => call.path === path).map(jsonOf);
const rest = (ms = 100) => new Promise((resolve) => setTimeout(resolve, ms));

test("REL-9 both flags are sent, so that models leave VRAM with --highvram too", async () => {
  fake.runWithHighVram();
  await backend.unload("now", never);
  expect(bodiesOf("/free")).toEqual([{ unload_models: true, free_memory: true }]);
  await waitUntil(() => !fake.isLoaded(), { what: "the models to leave VRAM" });
  expect(fake.keepsNodeOutputs()).toBe(false);
});

test("REL-9 with keepCache the models go and the nodes' outputs stay", async () => {
  await create({ keepCache: true }).unload("now", never);
  expect(bodiesOf("/free")).toEqual([{ unload_models: true, free_memory: false }]);
  await waitUntil(() => !fake.isLoaded(), { what: "the models to leave VRAM" });
  expect(fake.keepsNodeOutputs()).toBe(true);
});

test("REL-9 an idle worker that misses the wake-up is woken by a second call", async () => {
  fake.missNextWakeUp();
  expect(await backend.unload("now", never)).toMatchObject({ kind: "accepted" });
  await rest();
  expect(fake.isLoaded()).toBe(true);
  expect(backend.retryWhileIdle).toBe(true);
  await backend.unload("now", never);
  await waitUntil(() => !fake.isLoaded(), { what: "the models to leave VRAM" });
});

test("REL-10 the unload is taken up after the running job and before the one that waits", async () => {
  fake.startJob();
  fake.startJob();
  await backend.unload("now", never);
  await rest();
  expect(unloads).toBe(0);
  fake.endJob();
  expect([unloads, fake.finishedJobs(), fake.harmedJobs(), fake.isBusy()]).toEqual([1, 1, 0, true]);
});

test("REL-9 the status counts the running job apart from those that wait, and the allocator in MiB", async () => {
  expect(await statusOf("releasing")).toEqual({
    busy: false,
    queue: 0,
    job: null,
    models: [],
    allocator: { allocatedMiB: 16 * 1024, reservedMiB: 18 * 1024, maxAllocatedMiB: null },
  });
  for (let job = 0; job < 3; job++) fake.startJob();
  expect(await statusOf()).toMatchObject({ busy: true, queue: 2, job: "prompt-1" });
  await backend.unload("now", never);
  fake.endJob();
  fake.endJob();
  fake.endJob();
  await backend.unload("now", never);
  await waitUntil(() => !fake.isLoaded(), { what: "the models to leave VRAM" });
  expect(await statusOf("releasing")).toMatchObject({ busy: false, queue: 0, allocator: { reservedMiB: 0 } });
});

test("REL-17 whoever only watches does not make it touch the GPU", async () => {
  fake.startJob();
  expect(await statusOf()).toMatchObject({ busy: true, allocator: null });
  await statusOf("waiting");
  expect(fake.calls.map(({ path }) => path)).not.toContain("/system_stats");
});

test.each(["0.33.0", "0.25.0", "0.5.0"] as const)(
  "REL-10 a job that a gate holds back does not run, in %s",
  async (version) => {
    if (version !== "0.33.0") fake.becomeVersion(version);
    fake.holdJobs(true);
    fake.startJob();
    fake.startJob();
    expect(await statusOf("releasing")).toMatchObject({ busy: false, queue: 2, job: null });
    await backend.unload("auto", never);
    await waitUntil(() => !fake.isLoaded(), { what: "the models to leave VRAM" });
    fake.holdJobs(false);
    expect(await statusOf("releasing")).toMatchObject({ busy: true, queue: 1, job: "prompt-1" });
  },
);

test("REL-9 host memory is not taken for an allocator", async () => {
  fake.runOnCpu();
  expect((await statusOf("releasing")).allocator).toBeNull();
});

test("REL-11c interrupt stops the running job under one lock", async () => {
  fake.startJob();
  fake.startJob();
  expect(await backend.interrupt?.(never)).toEqual({ kind: "accepted" });
  const posts = fake.calls.filter(({ method }) => method === "POST").map(({ path }) => path);
  expect(posts).toEqual(["/api/jobs/prompt-1/cancel"]);
  await waitUntil(() => fake.interruptedJobs() === 1, { what: "the job to stop" });
  expect(fake.prompts()).toEqual(["prompt-2"]);
});

test.each(["0.25.0", "0.5.0"] as const)("REL-11c interrupt names the running job to %s", async (version) => {
  fake.becomeVersion(version);
  fake.startJob();
  fake.startJob();
  expect(await backend.interrupt?.(never)).toEqual({ kind: "accepted" });
  expect(bodiesOf("/interrupt")).toEqual([{ prompt_id: "prompt-1" }]);
  await waitUntil(() => fake.interruptedJobs() === 1, { what: "the job to stop" });
  expect(fake.prompts()).toEqual(["prompt-2"]);
});

test("REL-11c when the job has just ended nothing is stopped", async () => {
  expect(await backend.interrupt?.(never)).toEqual({ kind: "accepted" });
  expect(bodiesOf("/interrupt")).toEqual([]);
});

test("REL-11c a queue too large to be read does not keep a job from being stopped", async () => {
  fake.becomeVersion("0.5.0");
  for (let job = 0; job < 60; job++) fake.startJob();
  // So much takes a machine that does much else longer than usual questions may take.
  expect(await create({ timeoutMs: 20_000 }).interrupt?.(never)).toEqual({ kind: "accepted" });
  expect(bodiesOf("/interrupt")).toEqual([{}]);
  await waitUntil(() => fake.interruptedJobs() === 1, { what: "the job to stop" });
});

test("REL-17b each change of the queue is pushed, also the state at the beginning", async () => {
  const pushed = listen();
  const changes: [() => void, boolean, number, string | null][] = [
    [() => {}, false, 0, null],
    [fake.startJob, true, 0, "prompt-1"],
    [fake.startJob, true, 1, "prompt-1"],
    [fake.endJob, true, 0, "prompt-2"],
    [() => fake.holdJobs(true), false, 1, null],
    [() => fake.holdJobs(false), true, 0, "prompt-2"],
    [fake.endJob, false, 0, null],
  ];
  for (const [i, [change, busy, queue, job]] of changes.entries()) {
    change();
    await waitUntil(() => pushed.length === i + 1, { what: "a push for the change" });
    expect(pushed.at(-1)).toMatchObject({ busy, queue, job });
  }
});

test("REL-17b of changes that come at once the last is pushed", async () => {
  const pushed = listen();
  await waitUntil(() => pushed.length === 1, { what: "the first push" });
  for (let job = 0; job < 20; job++) fake.startJob();
  await waitUntil(() => pushed.at(-1)?.queue === 19, { what: "the last push" });
  const asked = fake.calls.filter(({ path }) => path.startsWith("/api/jobs")).length;
  expect(asked).toBeLessThan(20);
});

test("REL-17b previews, other messages and what is no message at all are passed over", async () => {
  const pushed = listen();
  await waitUntil(() => pushed.length === 1, { what: "the first push" });
  const status = (remaining: unknown) =>
    JSON.stringify({ type: "status", data: { status: { exec_info: { queue_remaining: remaining } } } });
  fake.broadcast(Buffer.from(status(7)));
  for (const frame of ["", "{", "null", "[]", '{"type":"executing","data":{"node":null}}'])
    fake.broadcast(frame);
  for (const remaining of [-1, 1.5, "2", null]) fake.broadcast(status(remaining));
  fake.broadcast(status(3));
  await waitUntil(() => pushed.length > 1, { what: "the message behind them" });
  expect(pushed[1]).toMatchObject({ busy: false, queue: 3 });
  expect(pushed).toHaveLength(2);
});

test("REL-17b it connects again by itself, with an id of its own each time", async () => {
  const pushed = listen();
  listen();
  await waitUntil(() => fake.clients().length === 2, { what: "two clients" });
  expect(fake.clients()).not.toContain("page-of-a-user");
  await fake.goDown();
  await fake.comeBack();
  await waitUntil(() => fake.clients().length === 2, { what: "two clients again" });
  const before = pushed.length;
  fake.startJob();
  await waitUntil(() => pushed.length > before && pushed.at(-1)?.busy === true, { what: "a push" });
});

test("REL-17b after its end nothing is pushed, connected or not", async () => {
  const pushed = listen();
  await waitUntil(() => fake.clients().length === 1, { what: "a client" });
  for (const unsubscribe of unsubscribes.splice(0)) unsubscribe();
  await waitUntil(() => fake.clients().length === 0, { what: "the client to leave" });
  const before = pushed.length;
  fake.startJob();
  backend.subscribe?.((status) => pushed.push(status))();
  await fake.goDown();
  const unsubscribe = backend.subscribe?.((status) => pushed.push(status));
  await rest();
  unsubscribe?.();
  await fake.comeBack();
  await rest(1000);
  expect([pushed.length, fake.clients().length]).toEqual([before, 0]);
});

test("SEC-6 a message without end is not read, and another connection is made", async () => {
  const pushed = listen();
  await waitUntil(() => fake.clients().length === 1, { what: "a client" });
  // The progress of a prompt that was sent without a client's id goes to all.
  fake.broadcast(JSON.stringify({ type: "progress_state", data: "x".repeat(2 * 1024 * 1024) }));
  fake.startJob();
  await waitUntil(() => pushed.at(-1)?.busy === true, { what: "the push behind a large message" });
  expect(fake.upgrades()).toHaveLength(1);
  fake.endJob();
  await waitUntil(() => pushed.at(-1)?.busy === false, { what: "the job's end" });
  const before = pushed.length;
  fake.broadcast(`"${"x".repeat(8 * 1024 * 1024)}"`);
  await waitUntil(() => fake.clients().length === 0, { what: "the end of the connection" });
  await waitUntil(() => fake.clients().length === 1, { what: "another connection" });
  await waitUntil(() => pushed.length === before + 1, { what: "its first push" });
});

test("SEC-6 the WebSocket is opened as a program opens it, with the headers of the config", async () => {
  // As a page's it would be refused by the fake, as by ComfyUI.
  const pushed = listen(create({ headers: { "x-secret": "s3cret-of-the-config" } }));
  await waitUntil(() => pushed.length === 1, { what: "the first push" });
  expect(fake.upgrades()).toHaveLength(1);
  expect(fake.upgrades()[0]).toMatchObject({ "x-secret": "s3cret-of-the-config" });
  expect(fake.upgrades()[0]).not.toHaveProperty("origin");
});

test("SEC-6 an address that cannot be asked throws nothing, and a header that cannot be sent is refused", async () => {
  const odd = create({ url: `${fake.url}/%zz` });
  expect(await odd.unload("now", never)).toMatchObject({ kind: "failed" });
  odd.subscribe?.(() => {})();
  expect(() => create({ headers: { "x-odd": "a\nb" } })).toThrow("text that a header can carry");
});

test("SEC-6b workflows and the command line are in no status, pushed or asked for", async () => {
  const pushed = listen();
  fake.startJob();
  fake.startJob();
  await waitUntil(() => pushed.at(-1)?.queue === 1, { what: "the pushes" });
  const outcome = await backend.status?.(never);
  await backend.interrupt?.(never);
  await waitUntil(() => fake.interruptedJobs() === 1, { what: "the job to stop" });
  fake.becomeVersion("0.5.0");
  const older = await backend.status?.(never, "releasing");
  expect(JSON.stringify([outcome, older, pushed])).not.toContain(COMFYUI_SECRET);
  // Not even read where it is not needed.
  expect(fake.calls.filter(({ path }) => path === "/queue")).toHaveLength(1);
});

test("REL-14 a status whose stats fail is a status without figures", async () => {
  fake.hideStats();
  expect(await statusOf("releasing")).toMatchObject({ busy: false, allocator: null });
});
