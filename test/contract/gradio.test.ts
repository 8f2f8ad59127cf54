import { afterEach, beforeEach, expect, test } from "vitest";
import type { Backend } from "../../server/release/backends/backend.ts";
import { type FakeGradio, startFakeGradio } from "../fixtures/backends/gradio.ts";
import { adapterOf, never, routesOf, statusOf } from "../helpers/adapter-of.ts";
import { waitUntil } from "../helpers/wait-until.ts";

let fake: FakeGradio;
let backend: Backend;

beforeEach(async () => {
  fake = await startFakeGradio(() => {});
  backend = adapterOf("gradio", fake);
});
afterEach(() => fake.close());

const noStreams = () => waitUntil(() => fake.events().streams === 0, { what: "the stream to be closed" });
const posts = () => routesOf(fake).filter((route) => route.startsWith("POST"));

test("REL-9 the endpoint is called and its end is waited for, and nothing stays open behind", async () => {
  expect(await backend.unload("now", never)).toEqual({ kind: "accepted", claim: null });
  expect(fake.isLoaded()).toBe(false);
  expect(routesOf(fake)).toEqual([
    "POST /gradio_api/call/unload",
    expect.stringMatching(/^GET \/gradio_api\/call\/unload\/[0-9a-f]{32}$/),
  ]);
  await noStreams();
});

test("REL-9 Gradio 4, whose routes have no prefix, is found out about once", async () => {
  fake.becomeVersion4();
  expect(await backend.unload("now", never)).toEqual({ kind: "accepted", claim: null });
  fake.calls.length = 0;
  await statusOf(backend);
  await backend.unload("now", never);
  expect(routesOf(fake).slice(0, 2)).toEqual(["GET /queue/status", "POST /call/unload"]);
});

test("REL-9 an app that another app's page surrounds is found, too", async () => {
  fake.becomeVersion4();
  fake.mountBesidePage();
  expect(await backend.unload("now", never)).toEqual({ kind: "accepted", claim: null });
  expect(await statusOf(backend)).toMatchObject({ busy: null, queue: 0 });
});

test("REL-9 the name of the endpoint and its inputs are those of the config", async () => {
  fake.takeInputs(2);
  expect(await adapterOf("gradio", fake, { data: [null] }).unload("now", never)).toMatchObject({
    kind: "failed",
    problem: { code: "backend-status" },
  });
  const named = adapterOf("gradio", fake, { apiName: "unload", data: [null, "all"] });
  expect(await named.unload("now", never)).toEqual({ kind: "accepted", claim: null });
  expect(posts().at(-1)).toBe("POST /gradio_api/call/unload");
  const wrong = adapterOf("gradio", fake, { apiName: "/lambda_3" });
  expect(await wrong.unload("now", never)).toMatchObject({ problem: { params: { status: 500 } } });
});

test("REL-10 that nothing waits is not taken for idle", async () => {
  fake.startJob();
  expect(await statusOf(backend)).toEqual({ busy: null, queue: 0, models: [], allocator: null });
  fake.startJob();
  expect(await statusOf(backend)).toMatchObject({ busy: null, queue: 1 });
  expect([backend.duringJob, backend.modes]).toEqual(["unknown", ["auto", "now"]]);
});

test("REL-10 an endpoint in the queue of generation waits for the running job", async () => {
  fake.share();
  const queued = adapterOf("gradio", fake, { queued: true, timeoutMs: 20_000 });
  expect([queued.duringJob, queued.modes]).toEqual(["deferred", ["auto", "now", "after-current"]]);
  fake.startJob();
  const unloading = queued.unload("after-current", never);
  await waitUntil(() => fake.events().streams === 1, { what: "the call to wait" });
  expect(await statusOf(queued)).toMatchObject({ queue: 1 });
  expect(fake.isLoaded()).toBe(true);
  fake.endJob();
  expect(await unloading).toEqual({ kind: "accepted", claim: null });
  expect([fake.finishedJobs(), fake.harmedJobs(), fake.isLoaded()]).toEqual([1, 0, false]);
});

test("REL-14 a call that is given up while it waits is taken out of the queue", async () => {
  fake.share();
  fake.startJob();
  const hasty = adapterOf("gradio", fake, { queued: true, timeoutMs: 300 });
  expect(await hasty.unload("now", never)).toMatchObject({ problem: { code: "backend-timeout" } });
  await waitUntil(() => fake.events().waiting === 0, { what: "the call to leave the queue" });
  const abort = new AbortController();
  const unloading = adapterOf("gradio", fake, { queued: true, timeoutMs: 600_000 }).unload(
    "now",
    abort.signal,
  );
  await waitUntil(() => fake.events().streams === 1, { what: "the call to wait" });
  abort.abort();
  expect(await unloading).toMatchObject({ kind: "failed", problem: { code: "sidecar-closing" } });
  await waitUntil(() => fake.events().waiting === 0, { what: "the call to leave the queue" });
  fake.endJob();
  expect(fake.isLoaded()).toBe(true);
});

test.each([
  ["raise", "backend-status"],
  ["hang", "backend-timeout"],
  ["crash", "backend-broken-answer"],
  ["flood", "backend-broken-answer"],
] as const)("REL-14 an endpoint that does this is told of: %s", async (fault, code) => {
  fake.makeEndpoint(fault);
  const patience = { timeoutMs: fault === "hang" ? 500 : 20_000 };
  const outcome = await adapterOf("gradio", fake, patience).unload("now", never);
  expect(outcome).toMatchObject({ kind: "failed", reached: true, problem: { code } });
  expect(JSON.stringify(outcome)).not.toContain(fake.url);
  await noStreams();
});

test("REL-14 a full queue and a program without these routes are told of", async () => {
  fake.fillQueue();
  expect(await backend.unload("now", never)).toMatchObject({
    problem: { code: "backend-status", params: { status: 503 } },
  });
  const elsewhere = adapterOf("gradio", fake, { url: `${fake.url}/app` });
  const noApi = { kind: "failed", problem: { code: "backend-no-api" } };
  expect(await elsewhere.unload("now", never)).toMatchObject(noApi);
  expect(await elsewhere.status?.(never)).toMatchObject(noApi);
});

test("SEC-6c it logs in once, and again when the app has forgotten it", async () => {
  fake.requireLogin("me", "p4ss&word");
  const login = { username: "me", password: "p4ss&word", headers: { cookie: "lang=en" } };
  const user = adapterOf("gradio", fake, login);
  expect((await statusOf(user)).queue).toBe(0);
  expect(await user.unload("now", never)).toEqual({ kind: "accepted", claim: null });
  expect(fake.logins()).toBe(1);
  expect(fake.calls.at(-1)?.headers.cookie).toMatch(
    /^lang=en; access-token-f00=\S+; access-token-unsecure-f00=/,
  );
  fake.forgetLogins();
  expect(await user.unload("now", never)).toEqual({ kind: "accepted", claim: null });
  expect(fake.logins()).toBe(2);
});

test("SEC-6c without a log-in, and with a wrong one, it is said that one is wanted", async () => {
  fake.requireLogin("me", "p4ss&word");
  const unauthorized = { kind: "failed", reached: true, problem: { code: "backend-unauthorized" } };
  expect(await backend.unload("now", never)).toMatchObject(unauthorized);
  expect(await backend.status?.(never)).toMatchObject(unauthorized);
  const wrong = adapterOf("gradio", fake, { username: "me", password: "guessed" });
  const outcome = await wrong.unload("now", never);
  expect(outcome).toMatchObject(unauthorized);
  expect(JSON.stringify(outcome)).not.toContain("guessed");
  expect(fake.isLoaded()).toBe(true);
});

test("SEC-6 an id that would lead elsewhere is not followed", async () => {
  fake.nameEvents("../../../logout?");
  expect(await backend.unload("now", never)).toMatchObject({
    kind: "failed",
    reached: true,
    problem: { code: "backend-unreadable" },
  });
  expect(routesOf(fake)).toEqual(["POST /gradio_api/call/unload"]);
});
