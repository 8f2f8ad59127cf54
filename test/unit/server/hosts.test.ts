import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createHooks } from "../../../server/hosts/hooks.ts";
import { createLeases } from "../../../server/hosts/leases.ts";
import { type BackendList, createBackendList } from "../../../server/release/backend-list.ts";
import type { StatusOutcome, UnloadOutcome } from "../../../server/release/backends/backend.ts";
import { joinBackends, joinStatuses, joinUnloads } from "../../../server/release/backends/joined.ts";
import { TIMINGS } from "../../../server/timings.ts";
import { problem } from "../../../shared/problems/make-problem.ts";
import { memoryBackend } from "./release/memory-backend.ts";

const HERE = "127.0.0.1";
const hook = (port: number, app?: string) => ({
  kind: "http",
  url: `http://127.0.0.1:${9000 + port}/unload`,
  label: "My app.py",
  app,
});
let list: BackendList;
let hooks: ReturnType<typeof createHooks>;
const ids = () => list.all.map(({ id }) => id);
beforeEach(() => {
  vi.useFakeTimers();
  list = createBackendList([]);
  hooks = createHooks(list, TIMINGS, true);
});
afterEach(() => {
  hooks.close();
  vi.useRealTimers();
});

test("HUB-3 HUB-3b a hook is a backend under the name of its app; workers of one app are one, apps of one name are two", () => {
  const held = [hook(1, "a"), hook(2, "a"), hook(3, "b"), hook(1, "a")].map((wish) => hooks.hold(wish, HERE));
  expect(ids()).toEqual(["My-app.py", "My-app.py-2"]);
  expect(list.all[0]?.places?.()).toEqual(["http://127.0.0.1:9001/unload", "http://127.0.0.1:9002/unload"]);
  const end = (at: number) => {
    const one = held[at];
    if (one?.ok === true) one.data.end();
  };
  end(0);
  end(0);
  expect(list.all[0]?.places?.(), "who has said it twice has to end it twice").toHaveLength(2);
  end(3);
  expect(list.all[0]?.places?.()).toEqual(["http://127.0.0.1:9002/unload"]);
  end(1);
  expect(ids()).toEqual(["My-app.py-2"]);
});

test("HUB-3 a program of a kind that has an adapter is a backend by that", () => {
  hooks.hold({ kind: "comfyui", url: "http://127.0.0.1:8188", label: "comfyui" }, HERE);
  expect(list.all).toMatchObject([{ id: "comfyui", kind: "comfyui", subscribe: expect.any(Function) }]);
  expect(hooks.hold({ ...hook(1), kind: "teapot" }, HERE).ok).toBe(false);
});

test("HUB-3 a program that the settings name already is that backend, and stays when its host goes", () => {
  const own = memoryBackend("mine", { kind: "comfyui", url: "http://localhost:8188/" }).backend;
  const known = createBackendList([own]);
  const held = createHooks(known, TIMINGS, true).hold(
    { kind: "comfyui", url: "http://127.0.0.1:8188", label: "comfyui" },
    HERE,
  );
  expect(held).toMatchObject({ ok: true, data: { id: "mine" } });
  if (held.ok) held.data.end();
  expect(known.all).toEqual([own]);
});

test("HUB-3 a hook that is repeated stays, and goes when it is not", () => {
  const keep = () => hooks.keep({ ...hook(1), ttl: 60 }, HERE);
  expect(keep()).toMatchObject({ ok: true, data: { id: "My-app.py" } });
  vi.advanceTimersByTime(50_000);
  keep();
  vi.advanceTimersByTime(50_000);
  expect(ids()).toEqual(["My-app.py"]);
  vi.advanceTimersByTime(10_000);
  expect(ids()).toEqual([]);
});

test.each([
  ["http://10.0.0.9:80/unload", HERE, "listens on this machine"],
  ["http://10.0.0.9:80/unload", "10.0.0.9", null],
  ["http://169.254.169.254/latest", "10.0.0.9", "listens on this machine"],
  ["http://127.evil.example/x", HERE, "listens on this machine"],
  ["http://[fd00::2]:80/x", "fd00::1", "listens on this machine"],
  ["file:///etc/passwd", HERE, "url"],
  ["http://127.0.0.1:22/x", HERE, "url"],
])("HUB-4 a hook at %s, registered from %s", (url, address, words) => {
  const held = hooks.hold({ ...hook(1), url }, address);
  expect(held.ok).toBe(words === null);
  if (!held.ok) expect(JSON.stringify(held)).toContain(words);
});

test("HUB-4b more apps than can be asked for their status are refused, and on a recording none is listed", () => {
  for (let port = 0; port < 32; port++) expect(hooks.hold(hook(port), HERE).ok).toBe(true);
  expect(hooks.hold(hook(2000), HERE).ok).toBe(false);
  const none = createBackendList([]);
  expect(createHooks(none, TIMINGS, false).hold(hook(1), HERE).ok).toBe(true);
  expect(none.all).toEqual([]);
});

test("HUB-2 ten seconds after the last lease, or a minute without any, a sidecar that a host has started ends", () => {
  const unleased = vi.fn();
  const leases = createLeases(hooks, TIMINGS.hosts, unleased);
  vi.advanceTimersByTime(59_000);
  const [one, two] = [new AbortController(), new AbortController()];
  const wish = { host: "python", label: "app", hook: hook(1) };
  const { label: _, ...plain } = wish.hook;
  expect(leases.begin({ ...wish, hook: plain }, HERE, one.signal)).toMatchObject({
    data: { backend: "app" },
  });
  leases.begin({ host: "python", label: "b" }, HERE, two.signal);
  one.abort();
  expect(ids()).toEqual([]);
  vi.advanceTimersByTime(3_600_000);
  two.abort();
  vi.advanceTimersByTime(9000);
  const third = new AbortController();
  leases.begin({ host: "python", label: "c" }, HERE, third.signal);
  vi.advanceTimersByTime(3_600_000);
  expect(unleased).not.toHaveBeenCalled();
  third.abort();
  vi.advanceTimersByTime(10_000);
  expect(unleased).toHaveBeenCalledOnce();

  const never = vi.fn();
  createLeases(hooks, TIMINGS.hosts, never);
  vi.advanceTimersByTime(60_000);
  expect(never).toHaveBeenCalledOnce();
  // By hand: nobody's end ends it.
  const byHand = createLeases(hooks, TIMINGS.hosts, undefined);
  const gone = new AbortController();
  gone.abort();
  byHand.begin({ host: "python", label: "d" }, HERE, gone.signal);
  vi.advanceTimersByTime(3_600_000);
});

const told = (busy: boolean | null, queue: number | null, names: string[] = []): StatusOutcome => ({
  kind: "status",
  status: { busy, queue, models: names.map((name) => ({ name, usedMiB: null })), allocator: null },
});
const down: StatusOutcome & UnloadOutcome = {
  kind: "failed",
  problem: problem("not-allowed"),
  reached: false,
};

test("HUB-3b what workers say together: busy if one is, idle if all say so, and of who is silent nobody knows", () => {
  expect(joinStatuses([told(false, 1, ["a"]), told(true, 2, ["a", "b"])])).toEqual(told(true, 3, ["a", "b"]));
  expect(joinStatuses([told(false, 0), told(false, null)])).toEqual(told(false, 0));
  expect(joinStatuses([told(false, null), told(null, null)])).toEqual(told(null, null));
  expect(joinStatuses([down, told(false, 1)])).toEqual(told(null, 1));
  expect(joinStatuses([down, told(true, 1)])).toEqual(told(true, 1));
  expect(joinStatuses([down, down])).toEqual(down);
  const figures = { allocatedMiB: 5, reservedMiB: null, maxAllocatedMiB: 9 };
  const both = told(false, null);
  if (both.kind === "status") both.status.allocator = figures;
  expect(joinStatuses([both, both])).toMatchObject({
    status: { allocator: { allocatedMiB: 10, reservedMiB: null, maxAllocatedMiB: 18 } },
  });
});

test("HUB-3b what workers answered together", () => {
  const accepted = (freedMiB: number | null, models: string[] | null): UnloadOutcome => ({
    kind: "accepted",
    claim: { freedMiB, models },
  });
  expect(joinUnloads([accepted(5, ["a"]), accepted(null, null), accepted(2, ["a"])])).toEqual(
    accepted(7, ["a"]),
  );
  expect(joinUnloads([{ kind: "accepted", claim: null }])).toEqual({ kind: "accepted", claim: null });
  expect(joinUnloads([{ kind: "nothing-loaded" }, accepted(1, null)])).toEqual(accepted(1, null));
  expect(joinUnloads([{ kind: "nothing-loaded" }])).toEqual({ kind: "nothing-loaded" });
  expect(joinUnloads([accepted(1, null), down])).toMatchObject({ ...down, reached: true });
  expect(joinUnloads([down, down])).toMatchObject(down);
});

test("HUB-3b a release asks each worker", async () => {
  const [one, two] = [memoryBackend("a"), memoryBackend("b")];
  const joined = joinBackends("app", () => [one.backend, two.backend]);
  expect([joined.id, joined.kind]).toEqual(["app", one.backend.kind]);
  const spies = [vi.spyOn(one.backend, "unload"), vi.spyOn(two.backend, "unload")];
  await joined.unload("now", new AbortController().signal);
  for (const spy of spies) expect(spy).toHaveBeenCalledOnce();
});
