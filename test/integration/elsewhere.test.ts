import { afterAll, beforeAll, expect, test } from "vitest";
import { signedHeaders } from "../../server/gateway/signature.ts";
import {
  type GroupRigs,
  groupOf,
  hostIn,
  SECRET,
  seen,
  startGroupRigs,
  statusIn,
} from "../helpers/group-rigs.ts";
import { jobsClient } from "../helpers/jobs-client.ts";
import type { Rig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const TOKEN = "the token of host a";
const flags = ["--group-secret", SECRET];

let group: GroupRigs;
/** Host a lets nobody act without its token; what comes over the hub is signed. */
let a: Rig;
let b: Rig;
let hub: Rig;
let idOf: (name: string) => string;
beforeAll(async () => {
  group = await startGroupRigs();
  a = await group.member("lab", "a", { flags: [...flags, "--token", TOKEN] });
  b = await group.member("lab", "b", { flags });
  hub = await group.member("lab", "hub", { flags: [...flags, "--source", "none"] });
  const view = await seen(hub, "both", (of) => ["a", "b"].every((name) => statusIn(of, name) === "live"));
  idOf = (name) => hostIn(view, name)?.id ?? "";
});
afterAll(() => group.close());

async function ask(
  rig: Rig,
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
) {
  const response = await fetch(`${rig.sidecar.url}api/v1/${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, answer: await response.json() };
}

test("GRP-7 a release for another host is carried out by that host's own sidecar, once, however often it is asked for", async () => {
  const wish = { host: idOf("a"), requestId: "one", mode: "now" };
  const first = await ask(hub, "POST", "release", wish);
  const again = await ask(hub, "POST", "release", wish);
  expect([first.status, again]).toEqual([202, first]);
  const path = `release/${first.answer.id}`;
  const ended = async () => ["done", "failed"].includes((await ask(hub, "GET", path)).answer.state);
  await waitUntil(ended, { what: "its end" });
  const late = await ask(hub, "POST", "release", wish);
  expect([late.answer.id, a.hook.calls.length, b.hook.calls.length]).toEqual([first.answer.id, 1, 0]);
});

test("GRP-7b a job on another host is asked for, kept alive and ended over the hub", async () => {
  const { status, answer } = await ask(hub, "POST", "jobs", {
    host: idOf("a"),
    peakMiB: 2000,
    label: "mine",
  });
  expect([status, answer.state, answer.host.name]).toEqual([201, "running", "a"]);
  expect(await jobsClient(() => a.sidecar.url).list()).toMatchObject([{ id: answer.id, label: "mine" }]);
  const path = `jobs/${answer.id}`;
  expect((await ask(hub, "PATCH", path, { phase: "decode" })).answer).toMatchObject({ phase: "decode" });
  expect((await ask(hub, "GET", path)).answer.host.id).toBe(idOf("a"));
  // Another one knows from what a publishes where it is.
  await waitUntil(async () => (await ask(b, "GET", path)).status === 200, { what: "the job, as b knows it" });
  expect((await ask(hub, "DELETE", path)).answer).toMatchObject({ state: "done" });
  expect((await ask(hub, "GET", "jobs/none-of-that-name")).status).toBe(404);
});

test("GRP-8 what is passed on is signed for one host: unsigned, for another, altered or repeated it gains nothing", async () => {
  const wish = { peakMiB: 1000, requestId: "forged" };
  const sign = (id: string, body: object, secret = SECRET) =>
    signedHeaders({
      secret,
      method: "POST",
      target: "/api/v1/jobs",
      body: JSON.stringify(body),
      host: { id },
    });
  const refused = async (headers: Record<string, string>, body: object = wish) =>
    (await ask(a, "POST", "jobs", body, headers)).status;
  expect(await refused({})).toBe(403);
  expect(await refused(sign(idOf("b"), wish))).toBe(403);
  expect(await refused({ ...sign(idOf("b"), wish), "gpu-panel-host": idOf("a") })).toBe(403);
  expect(await refused(sign(idOf("a"), wish, "another secret of somebody"))).toBe(403);
  const right = sign(idOf("a"), wish);
  expect(await refused(right, { ...wish, peakMiB: 1 })).toBe(400);
  const once = sign(idOf("a"), wish);
  const { status, answer } = await ask(a, "POST", "jobs", wish, once);
  expect(status).toBe(201);
  expect(await refused(once)).toBe(403);
  expect(
    (await ask(a, "DELETE", `jobs/${answer.id}`, undefined, { authorization: `Bearer ${TOKEN}` })).status,
  ).toBe(200);
});

test("GRP-8b who may not act on the hub has nothing passed on", async () => {
  const guarded = await group.member("lab", "guarded", {
    flags: [...flags, "--source", "none", "--token", TOKEN],
  });
  await seen(guarded, "a", (view) => statusIn(view, "a") === "live");
  const wish = { host: idOf("a"), peakMiB: 1000 };
  expect((await ask(guarded, "POST", "jobs", wish)).status).toBe(403);
  expect((await ask(guarded, "POST", "release", { host: idOf("a") })).status).toBe(403);
  const before = a.hook.calls.length;
  const bearer = { authorization: `Bearer ${TOKEN}` };
  const { status, answer } = await ask(guarded, "POST", "jobs", wish, bearer);
  expect(status).toBe(201);
  await ask(guarded, "DELETE", `jobs/${answer.id}`, undefined, bearer);
  expect(a.hook.calls.length).toBe(before);
});

test("GRP-10 a job that may run anywhere is let in by the first host with room, which is named, and else waits or is refused", async () => {
  const big = { peakMiB: 15_000, anywhere: true };
  const fit = await ask(hub, "GET", "fit?peakMiB=15000&anywhere=true");
  expect([fit.status, fit.answer.fits, fit.answer.hosts.length]).toEqual([200, true, 2]);
  const jobs = [await ask(hub, "POST", "jobs", big), await ask(hub, "POST", "jobs", big)];
  expect(jobs.map(({ status }) => status)).toEqual([201, 201]);
  expect(jobs.map(({ answer }) => answer.host.name).sort()).toEqual(["a", "b"]);
  const refused = await ask(hub, "POST", "jobs", { ...big, wait: false });
  expect([refused.status, refused.answer.code]).toEqual([409, "no-room"]);
  const waits = await ask(hub, "POST", "jobs", { ...big, requestId: "waits" });
  expect([waits.status, waits.answer.state]).toEqual([202, "waiting"]);
  const again = await ask(hub, "POST", "jobs", { ...big, requestId: "waits" });
  expect([again.answer.id, again.answer.host.id]).toEqual([waits.answer.id, waits.answer.host.id]);
  const never = await ask(hub, "POST", "jobs", { peakMiB: 90_000, anywhere: true });
  expect([never.status, never.answer.code]).toEqual([409, "never-fits"]);
  expect((await ask(hub, "GET", "fit?peakMiB=15000&anywhere=true")).answer.fits).toBe(false);
  for (const { answer } of [...jobs, waits]) await ask(hub, "DELETE", `jobs/${answer.id}`);
});

test("GRP-9 a host that cannot be reached is said to be so, and nothing is kept for it", async () => {
  await b.sidecar.end();
  const wish = { host: idOf("b"), peakMiB: 1000, requestId: "later" };
  const { status, answer } = await ask(hub, "POST", "jobs", wish);
  expect([status, answer.code, answer.params.name]).toEqual([503, "host-unreachable", "b"]);
  const unknown = await ask(hub, "POST", "release", { host: "none-of-that-name" });
  expect([unknown.status, unknown.answer.code]).toEqual([404, "host-unknown"]);
  await b.restart();
  await seen(hub, "another b", ({ hosts }) => hosts.filter(({ name }) => name === "b").length > 0);
  const jobs = await jobsClient(() => b.sidecar.url).list();
  expect(jobs.filter(({ state }) => state !== "done")).toEqual([]);
});

test("GRP-9b without a secret nothing is passed on", async () => {
  const open = await group.member("open", "open", { flags: ["--source", "none"] });
  await group.member("open", "c");
  const view = await seen(open, "c", (of) => statusIn(of, "c") === "live");
  const { status, answer } = await ask(open, "POST", "release", { host: hostIn(view, "c")?.id });
  expect([status, answer.code]).toEqual([409, "not-passed-on"]);
  expect((await groupOf(open)).group).toBe("open");
});
