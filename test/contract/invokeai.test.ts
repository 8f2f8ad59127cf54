import { afterEach, beforeEach, expect, test } from "vitest";
import type { Backend } from "../../server/release/backends/backend.ts";
import { type FakeInvokeAi, startFakeInvokeAi } from "../fixtures/backends/invokeai.ts";
import { adapterOf, never, routesOf, statusOf } from "../helpers/adapter-of.ts";
import { waitUntil } from "../helpers/wait-until.ts";

let fake: FakeInvokeAi;
let backend: Backend;

beforeEach(async () => {
  fake = await startFakeInvokeAi(() => {});
  backend = adapterOf("invokeai", fake);
});
afterEach(() => fake.close());

const unauthorized = (status: number) => ({
  kind: "failed",
  reached: true,
  problem: { code: "backend-unauthorized", params: { status } },
});

test("REL-9 its cache is emptied, and its claim is how many models it dropped", async () => {
  const claim = { freedMiB: null, models: null, dropped: 3 };
  expect(await backend.unload("auto", never)).toEqual({ kind: "accepted", claim });
  expect(fake.models()).toEqual([]);
  // The number stays from then on, and tells nothing of later calls.
  expect(await backend.unload("auto", never)).toEqual({ kind: "accepted", claim: null });
});

test("REL-11 held, the running job ends and the next waits until the queue is let go", async () => {
  fake.startJob();
  fake.startJob();
  const held = await backend.hold?.(never);
  if (held?.kind !== "held") throw new Error("the queue is not held");
  expect(await statusOf(backend)).toMatchObject({ busy: true, queue: 1, paused: true, job: "41" });
  fake.endJob();
  expect(await statusOf(backend)).toMatchObject({ busy: false, queue: 1, paused: true, job: null });
  await backend.unload("auto", never);
  expect(fake.models()).toEqual([]);
  expect(await held.letGo()).toEqual({ kind: "accepted" });
  expect(await statusOf(backend)).toMatchObject({ busy: true, queue: 0, paused: false, job: "42" });
});

test("REL-11e a queue that somebody else has paused is left as it is", async () => {
  fake.setPaused(true);
  const held = await backend.hold?.(never);
  if (held?.kind !== "held") throw new Error("the queue is not held");
  expect(await held.letGo()).toEqual({ kind: "accepted" });
  expect([fake.isPaused(), routesOf(fake)]).toEqual([true, ["GET /api/v1/queue/default/status"]]);
});

test("REL-11d a pause whose answer never came is taken back", async () => {
  const hasty = adapterOf("invokeai", fake, { timeoutMs: 200 });
  fake.swallowPause();
  expect(await hasty.hold?.(never)).toMatchObject({ kind: "failed", problem: { code: "backend-timeout" } });
  expect(fake.isPaused()).toBe(false);
});

test("REL-11d … and where that fails, too, it is said that the queue is left held", async () => {
  const hasty = adapterOf("invokeai", fake, { timeoutMs: 200 });
  fake.swallowPause();
  fake.refuseToResume();
  expect(await hasty.hold?.(never)).toMatchObject({ kind: "failed", problem: { code: "queue-left-held" } });
});

test("REL-10 models of a running job stay, the others go, and the job completes", async () => {
  fake.startJob();
  fake.startJob();
  expect(await statusOf(backend)).toMatchObject({ busy: true, queue: 1, paused: false });
  expect(await backend.unload("now", never)).toMatchObject({ kind: "accepted" });
  expect(fake.models()).toEqual(["flux-dev:transformer"]);
  fake.endJob();
  fake.endJob();
  expect([fake.finishedJobs(), fake.harmedJobs()]).toEqual([2, 0]);
  await backend.unload("now", never);
  expect(fake.models()).toEqual([]);
});

test("REL-11c the running item alone is cancelled, and it counts as busy until its step has ended", async () => {
  fake.takeLongSteps();
  fake.startJob();
  fake.startJob();
  expect(await backend.interrupt?.(never)).toEqual({ kind: "accepted" });
  expect(routesOf(fake)).toEqual([
    "GET /api/v1/queue/default/status",
    "PUT /api/v1/queue/default/i/41/cancel",
  ]);
  expect((await statusOf(backend)).busy).toBe(true);
  // Nothing is left to cancel meanwhile; the next job must not be hit.
  expect(await backend.interrupt?.(never)).toEqual({ kind: "accepted" });
  await waitUntil(() => fake.interruptedJobs() === 1, { what: "the step to end" });
  expect(fake.cancelled()).toEqual([41]);
  expect(await statusOf(backend)).toMatchObject({ busy: true, queue: 0 });
  fake.endJob();
  expect(await backend.interrupt?.(never)).toEqual({ kind: "accepted" });
  expect(fake.cancelled()).toEqual([41]);
});

test("REL-14 while its cache is held by a load the call waits no longer than its time limit", async () => {
  fake.holdCache(true);
  const hasty = adapterOf("invokeai", fake, { timeoutMs: 200 });
  expect(await hasty.unload("now", never)).toMatchObject({
    kind: "failed",
    reached: true,
    problem: { code: "backend-timeout" },
  });
  fake.holdCache(false);
  expect(await backend.unload("now", never)).toMatchObject({ kind: "accepted" });
});

test("REL-14 of a version without the route it is said that it is too old", async () => {
  fake.becomeOld();
  expect((await statusOf(backend)).busy).toBe(false);
  expect(await backend.unload("now", never)).toMatchObject({
    kind: "failed",
    problem: { code: "backend-no-api", params: { remedy: expect.stringContaining("Update InvokeAI") } },
  });
});

test("SEC-6c with several users an admin's key is needed to unload, and any key to see the queue", async () => {
  fake.requireLogin("t0ken", "admin");
  expect(await backend.status?.(never)).toMatchObject(unauthorized(401));
  expect(await backend.unload("now", never)).toMatchObject(unauthorized(401));
  expect(await backend.interrupt?.(never)).toMatchObject(unauthorized(401));
  const keyed = adapterOf("invokeai", fake, { apiKey: "t0ken" });
  fake.startJob();
  fake.requireLogin("t0ken", "user");
  expect((await statusOf(keyed)).busy).toBe(true);
  expect(await keyed.unload("now", never)).toMatchObject(unauthorized(403));
  expect(await keyed.interrupt?.(never)).toMatchObject(unauthorized(403));
  fake.requireLogin("t0ken", "admin");
  expect(await keyed.interrupt?.(never)).toEqual({ kind: "accepted" });
  expect(await keyed.unload("now", never)).toMatchObject({ kind: "accepted" });
});
