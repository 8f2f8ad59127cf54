import { getEventListeners } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { type BackendWatch, createBackendWatch } from "../../../../server/release/backend-watch.ts";
import { type WaitOptions, waitForIdle, waitForJobEnd } from "../../../../server/release/wait-for-job.ts";
import { problem } from "../../../../shared/problems/make-problem.ts";
import { waitUntil } from "../../../helpers/wait-until.ts";
import { DOWN, memoryBackend, SILENT } from "./memory-backend.ts";

const INTERVAL_MS = 10;
const TOO_LONG = problem("job-did-not-end", { minutes: 1 });

let watch: BackendWatch | undefined;
afterEach(() => watch?.close());

/** A backend that runs a job with `queue` behind it, and a wait for it. */
async function startWait(
  how: typeof waitForIdle,
  { pushes = true, queue = 0, ...more }: Partial<WaitOptions> & { pushes?: boolean; queue?: number } = {},
) {
  const one = memoryBackend("a", {}, { pushes });
  one.say({ busy: true, queue });
  const watching = createBackendWatch([one.backend], INTERVAL_MS);
  watch = watching;
  await watching.ask(one.backend, new AbortController().signal);
  const cancel = new AbortController();
  const closing = new AbortController();
  const looks: (number | null)[] = [];
  const waited = how({
    watch: watching,
    backendId: "a",
    intervalMs: INTERVAL_MS,
    limitMs: 60_000,
    tooLong: TOO_LONG,
    untilQueued: false,
    untilDeclaredEnd: false,
    cancel: cancel.signal,
    closing: closing.signal,
    onLook: (waiting) => looks.push(waiting),
    ...more,
  });
  const looked = (times: number) => waitUntil(() => looks.length >= times, { what: `${times} looks` });
  return { ...one, watching, cancel, closing, looks, waited, looked };
}

describe.each([
  ["idle", waitForIdle],
  ["the end of one job", waitForJobEnd],
] as const)("waiting for %s", (_, how) => {
  test.each([true, false])("REL-11 it ends when no job runs, pushed (%s) or asked for", async (pushes) => {
    const { say, looked, waited, listeners, looks } = await startWait(how, { pushes });
    await looked(3);
    expect(looks.every((queue) => queue === 0)).toBe(true);
    say({ busy: false });
    expect(await waited).toEqual({ kind: "idle" });
    expect(listeners.size).toBe(0);
  });

  test("REL-11b cancelled or closed it ends at once, and closing is told before cancelling", async () => {
    const first = await startWait(how, { intervalMs: 60_000 });
    first.cancel.abort();
    expect(await first.waited).toEqual({ kind: "cancelled" });
    expect(getEventListeners(first.cancel.signal, "abort")).toHaveLength(0);
    const second = await startWait(how, { intervalMs: 60_000 });
    second.closing.abort();
    expect(await second.waited).toMatchObject({ kind: "failed", problem: { code: "sidecar-closing" } });
    const third = await startWait(how, { intervalMs: 60_000 });
    third.cancel.abort();
    third.closing.abort();
    expect(await third.waited).toMatchObject({ problem: { code: "sidecar-closing" } });
    expect(third.listeners.size).toBe(0);
  });

  test("REL-11b cancelled before the first look it looks no more", async () => {
    const cancel = new AbortController();
    cancel.abort();
    const { waited, looks } = await startWait(how, { cancel: cancel.signal });
    expect(await waited).toEqual({ kind: "cancelled" });
    expect(looks).toEqual([]);
  });

  test("REL-14 a job without end: the limit ends the wait, with what was to be said", async () => {
    const { waited } = await startWait(how, { limitMs: 50 });
    expect(await waited).toEqual({ kind: "failed", problem: TOO_LONG });
  });

  test("REL-14 a backend that is gone is not waited for, one that is silent for long neither", async () => {
    const gone = await startWait(how, { pushes: false });
    await gone.looked(2);
    gone.answer(DOWN);
    expect(await gone.waited).toMatchObject({ kind: "failed", problem: { code: "backend-unreachable" } });
    const silent = await startWait(how, { pushes: false });
    await silent.looked(2);
    silent.answer(SILENT);
    expect(await silent.waited).toMatchObject({ kind: "failed", problem: { code: "backend-timeout" } });
  });

  test("REL-14 a backend that is not known ends the wait as well", async () => {
    const { waited } = await startWait(how, { backendId: "b", limitMs: 500 });
    expect((await waited).kind).toBe("failed");
  });
});

describe("jobs behind the running one", () => {
  test("REL-11 for a backend that unloads between two jobs, one that queues up ends the wait for idleness", async () => {
    const { say, looked, waited } = await startWait(waitForIdle, { untilQueued: true });
    await looked(2);
    say({ queue: 1 });
    expect(await waited).toEqual({ kind: "queued" });
  });

  test("REL-11 for any other, the wait goes on until the last of them has ended", async () => {
    const { say, looked, waited, looks } = await startWait(waitForIdle);
    await looked(2);
    say({ queue: 2 });
    await waitUntil(() => looks.includes(2), { what: "the longer queue" });
    say({ queue: 0 });
    await waitUntil(() => looks.at(-1) === 0, { what: "the empty queue" });
    say({ busy: false });
    expect(await waited).toEqual({ kind: "idle" });
  });

  test("REL-11 one job has ended when there is one less, not when more are queued", async () => {
    const { say, looked, waited, looks } = await startWait(waitForJobEnd, { queue: 1 });
    await looked(2);
    say({ queue: 3 });
    await waitUntil(() => looks.includes(3), { what: "the longer queue" });
    say({ queue: 2 });
    expect(await waited).toEqual({ kind: "queued" });
  });

  test("REL-11 the end is seen also across a moment in which the backend said nothing", async () => {
    const { say, answer, looked, looks, waited } = await startWait(waitForJobEnd, {
      queue: 1,
      pushes: false,
      // After six such looks without an answer it would give up: a busy machine may lose that many of a few ms.
      intervalMs: 100,
    });
    await looked(2);
    answer(SILENT);
    await waitUntil(() => looks.at(-1) === null, { what: "a look without an answer" });
    say({ queue: 0 });
    answer(null);
    // The second of the two jobs runs, and will for long.
    const patience = new Promise((resolve) => setTimeout(() => resolve("still waiting"), 10_000));
    expect(await Promise.race([waited, patience])).toEqual({ kind: "queued" });
  });

  test("REL-11 where the queue is not told, one job's end is the end of being busy", async () => {
    const { say, looked, waited } = await startWait(waitForJobEnd);
    say({ queue: null });
    await looked(3);
    say({ busy: false });
    expect(await waited).toEqual({ kind: "idle" });
  });
});
