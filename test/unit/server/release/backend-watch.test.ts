import { getEventListeners } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { type BackendWatch, createBackendWatch } from "../../../../server/release/backend-watch.ts";
import type { Backend, StatusOutcome } from "../../../../server/release/backends/backend.ts";
import type { BackendState } from "../../../../shared/release/backend.ts";
import { waitUntil } from "../../../helpers/wait-until.ts";
import { DOWN, IDLE, memoryBackend, SILENT } from "./memory-backend.ts";

const INTERVAL_MS = 10;
const never = new AbortController().signal;
const turns = (ms = 10 * INTERVAL_MS) => new Promise((resolve) => setTimeout(resolve, ms));

/** Hangs until it is broken off, as every call by contract. */
const untilAborted = (signal: AbortSignal) =>
  new Promise<StatusOutcome>((resolve) => {
    if (signal.aborted) resolve(SILENT);
    signal.addEventListener("abort", () => resolve(SILENT), { once: true });
  });

let watch: BackendWatch | undefined;
afterEach(() => watch?.close());
function start(...parameters: Parameters<typeof createBackendWatch>): BackendWatch {
  watch = createBackendWatch(...parameters);
  return watch;
}
const own = (one: ReturnType<typeof memoryBackend>) => one.backend;

describe("when a status is asked for", () => {
  test("REL-17 not while nobody watches, again and again while somebody does, and not any more after that", async () => {
    const one = memoryBackend("a");
    const watching = start([own(one)], INTERVAL_MS);
    await turns();
    expect(one.asked.times).toBe(0);
    watching.setWatched(true);
    await waitUntil(() => one.asked.times >= 3, { what: "three status calls" });
    watching.setWatched(false);
    const before = one.asked.times;
    await turns();
    expect(one.asked.times).toBe(before);
  });

  test("REL-17 a hold keeps it going beside the viewers; each release of it counts once", async () => {
    const one = memoryBackend("a", {}, { pushes: true });
    const watching = start([own(one)], INTERVAL_MS);
    const ends = [watching.hold(), watching.hold()];
    expect(one.listeners.size).toBe(1);
    watching.setWatched(true);
    watching.setWatched(false);
    expect(one.listeners.size).toBe(1);
    for (let i = 0; i < 3; i++) ends[0]?.();
    expect(one.listeners.size).toBe(1);
    ends[1]?.();
    expect(one.listeners.size).toBe(0);
    await turns();
    const before = one.asked.times;
    await turns();
    expect(one.asked.times).toBe(before);
    // Not below nothing: the next viewer counts.
    watching.setWatched(true);
    expect(one.listeners.size).toBe(1);
  });

  test("REL-17 one that hangs is not called again on top, and does not keep the others from being called", async () => {
    let hanging = 0;
    const stuck = memoryBackend("stuck", {
      status: (signal) => {
        hanging++;
        return untilAborted(signal);
      },
    });
    const other = memoryBackend("other");
    const watching = start([own(stuck), own(other)], INTERVAL_MS);
    watching.setWatched(true);
    await waitUntil(() => other.asked.times >= 5, { what: "the other's calls" });
    watching.setWatched(false);
    watching.setWatched(true);
    await turns();
    expect(hanging).toBe(1);
  });

  test("REL-17 a release that asks by itself does not call on top of the poll, and gets an answer of its own", async () => {
    const outcomes: StatusOutcome[] = [];
    let answers: (() => void)[] = [];
    let atOnce = 0;
    let most = 0;
    const slow = memoryBackend("slow", {
      async status() {
        most = Math.max(most, ++atOnce);
        await new Promise<void>((resolve) => answers.push(resolve));
        atOnce--;
        return { kind: "status", status: { ...IDLE, queue: outcomes.length } };
      },
    });
    const watching = start([own(slow)], 60_000);
    const end = watching.hold();
    void watching.ask(own(slow), never).then((outcome) => outcome !== null && outcomes.push(outcome));
    await waitUntil(
      () => {
        for (const answer of answers.splice(0)) answer();
        return outcomes.length === 1;
      },
      { what: "the answer" },
    );
    end();
    answers = [];
    expect(most).toBe(1);
  });

  test("REL-17 one without a status is not listened to, and asking it says so", async () => {
    const one = memoryBackend("a", {}, { hasStatus: false, pushes: true });
    const watching = start([own(one)], INTERVAL_MS);
    watching.setWatched(true);
    expect(await watching.ask(own(one), never)).toBeNull();
    expect(watching.stateOf("a")).toMatchObject({ reachable: null, busy: null, problem: null, url: null });
  });
});

describe("what is known", () => {
  test("REL-17 it is what was said last; a failure leaves nothing of it, an answer takes the failure away", async () => {
    const one = memoryBackend("a", { url: "http://user-host:1/" });
    const watching = start([own(one)], INTERVAL_MS);
    const models = [{ name: "wan", usedMiB: 5 }];
    one.say({ busy: true, queue: 2, models });
    await watching.ask(own(one), never);
    expect(watching.stateOf("a")).toMatchObject({ reachable: true, busy: true, queue: 2, models, url: null });
    one.answer(SILENT);
    await watching.ask(own(one), never);
    expect(watching.stateOf("a")).toMatchObject({
      reachable: true,
      busy: null,
      models: [],
      problem: { code: "backend-timeout" },
    });
    one.answer(DOWN);
    await watching.ask(own(one), never);
    expect(watching.stateOf("a")).toMatchObject({
      reachable: false,
      problem: { code: "backend-unreachable" },
    });
    one.answer(null);
    await watching.ask(own(one), never);
    expect(watching.stateOf("a")).toMatchObject({ reachable: true, busy: true, problem: null });
    expect(watching.stateOf("b")).toBeUndefined();
  });

  test("REL-18 one that was gone has been started anew: it can run a job again", async () => {
    const one = memoryBackend("a");
    const parks: Backend = { ...own(one), load: async () => ({ kind: "accepted" }), parks: true };
    const watching = start([parks], INTERVAL_MS);
    watching.unloaded("a");
    await watching.ask(parks, never);
    expect(watching.stateOf("a")).toMatchObject({ parked: true, canLoad: true });
    one.answer(DOWN);
    await watching.ask(parks, never);
    one.answer(null);
    await watching.ask(parks, never);
    expect(watching.stateOf("a")).toMatchObject({ reachable: true, parked: false, canLoad: false });
  });

  test("REL-18b what an adapter has to load again is told, without the backend being unable to work", async () => {
    const one = memoryBackend("a");
    let away: string[] = [];
    const loads = {
      ...own(one),
      load: async () => ({ kind: "accepted" as const }),
      hasUnloaded: () => away.length > 0,
    };
    const watching = start([loads], INTERVAL_MS);
    const told: boolean[] = [];
    watching.onChange(([state]) => told.push(state?.canLoad ?? false));
    await watching.ask(loads, never);
    away = ["qwen3"];
    watching.unloaded("a");
    expect(watching.stateOf("a")).toMatchObject({ parked: false, canLoad: true });
    // Somebody else has loaded it meanwhile, as the adapter sees.
    away = [];
    await watching.ask(loads, never);
    expect(told).toEqual([false, true, false]);
  });

  test("REL-17 viewers are told of what changed, and of nothing else", async () => {
    const one = memoryBackend("a");
    const watching = start([own(one)], INTERVAL_MS);
    const told: BackendState[][] = [];
    const unsubscribe = watching.onChange((states) => told.push(states));
    for (let i = 0; i < 3; i++) await watching.ask(own(one), never);
    expect(told).toHaveLength(1);
    one.say({ busy: true });
    await watching.ask(own(one), never);
    expect(told.map(([state]) => state?.busy)).toEqual([false, true]);
    unsubscribe();
    one.say({ busy: false });
    await watching.ask(own(one), never);
    expect(told).toHaveLength(2);
  });

  test("REL-17b what is pushed counts at once, and keeps the models that only a call tells", async () => {
    const one = memoryBackend("a", {}, { pushes: true });
    const models = [{ name: "wan", usedMiB: 5 }];
    one.say({ models });
    const watching = start([own(one)], 60_000);
    watching.setWatched(true);
    await waitUntil(() => watching.stateOf("a")?.models.length === 1, { what: "the first status" });
    for (const listener of one.listeners) listener({ ...IDLE, busy: true, queue: 4 });
    expect(watching.stateOf("a")).toMatchObject({ reachable: true, busy: true, queue: 4, models });
  });

  test("REL-17b what is pushed while a call is under way is newer than its answer", async () => {
    const answers: ((outcome: StatusOutcome) => void)[] = [];
    const one = memoryBackend(
      "a",
      { status: () => new Promise((resolve) => answers.push(resolve)) },
      { pushes: true },
    );
    const watching = start([own(one)], 60_000);
    watching.setWatched(true);
    await waitUntil(() => answers.length > 0, { what: "the call" });
    one.say({ busy: true, queue: 1 });
    // It was made before the push, and its other half took longer.
    answers[0]?.({ kind: "status", status: { ...IDLE, models: [{ name: "wan", usedMiB: 5 }] } });
    await waitUntil(() => watching.stateOf("a")?.models.length === 1, { what: "the answer" });
    expect(watching.stateOf("a")).toMatchObject({ busy: true, queue: 1 });
  });

  test("REL-17 what was known when the last viewer left is not shown as of now to whoever asks later", async () => {
    const one = memoryBackend("a");
    one.say({ busy: true });
    const watching = start([own(one)], INTERVAL_MS);
    watching.setWatched(true);
    await waitUntil(() => watching.stateOf("a")?.busy === true, { what: "the status" });
    watching.setWatched(false);
    expect(watching.stateOf("a")).toMatchObject({ busy: null, queue: null, models: [] });
  });
});

describe("waiting for a change", () => {
  test("REL-11 it ends with a change, with the time or with the signal, and leaves no listener behind", async () => {
    const one = memoryBackend("a");
    const watching = start([own(one)], INTERVAL_MS);
    const cancel = new AbortController();
    const left = () => getEventListeners(cancel.signal, "abort").length;
    await watching.nextChange(1, cancel.signal);
    expect(left()).toBe(0);
    const changed = watching.nextChange(60_000, cancel.signal);
    await watching.ask(own(one), never);
    await changed;
    expect(left()).toBe(0);
    const cancelled = watching.nextChange(60_000, cancel.signal);
    expect(left()).toBe(1);
    cancel.abort();
    await cancelled;
    await watching.nextChange(60_000, cancel.signal);
    expect(left()).toBe(0);
  });
});

describe("the end", () => {
  test("REL-14 closing ends a call that hangs, and nothing is asked or listened to after it", async () => {
    const one = memoryBackend(
      "a",
      {
        status: untilAborted,
      },
      { pushes: true },
    );
    const watching = start([own(one)], INTERVAL_MS);
    watching.setWatched(true);
    expect(one.listeners.size).toBe(1);
    await watching.close();
    expect(one.listeners.size).toBe(0);
    // What the closing broke off is not a fault of the backend.
    expect(watching.stateOf("a")?.problem).toBeNull();
    watching.setWatched(false);
    watching.setWatched(true);
    watching.hold();
    expect(one.listeners.size).toBe(0);
  });

  test("REL-14 a poll whose status throws ends neither the polling nor the sidecar", async () => {
    const others = process.listeners("unhandledRejection");
    const rejections: unknown[] = [];
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", (reason) => rejections.push(reason));
    try {
      let times = 0;
      const bad = memoryBackend("bad", {
        async status() {
          times++;
          throw new Error("boom");
        },
      });
      const watching = start([own(bad)], INTERVAL_MS);
      watching.setWatched(true);
      await waitUntil(() => times >= 3, { what: "three calls" });
      await turns(30);
      expect(rejections).toEqual([]);
    } finally {
      process.removeAllListeners("unhandledRejection");
      for (const other of others) process.on("unhandledRejection", other);
    }
  });
});

test("REL-17 one that goes and comes again is told anew, though it says what it said before", async () => {
  const one = memoryBackend("a");
  const backends = [one.backend];
  const watching = start(backends, 60_000);
  const heard: (boolean | null | undefined)[] = [];
  watching.onChange(([state]) => heard.push(state?.reachable));
  await watching.ask(one.backend, never);
  backends.pop();
  watching.listChanged();
  backends.push(one.backend);
  watching.listChanged();
  await watching.ask(one.backend, never);
  expect(heard).toEqual([true, undefined, null, true]);
});
