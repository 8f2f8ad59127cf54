import { expect, test } from "vitest";
import type { Going } from "../../../../server/release/backends/backend.ts";
import { type GoneOptions, waitUntilGone } from "../../../../server/release/wait-until-gone.ts";
import { problem } from "../../../../shared/problems/make-problem.ts";

const KEPT = problem("model-kept", { model: "qwen3", time: "14:05" });
const IN_USE: Going = { kind: "going", inUse: true };
const STOPPING: Going = { kind: "going", inUse: false };
const STAYS: Going = { kind: "stays", problem: KEPT };
const GONE: Going = { kind: "gone" };

/** A wait that sees these looks one after the other, and then the last one again and again. */
async function waitFor(looks: readonly Going[], more: Partial<GoneOptions> = {}) {
  const seen: boolean[] = [];
  let at = 0;
  const outcome = await waitUntilGone({
    watch: { nextChange: () => new Promise((resolve) => setImmediate(resolve)) },
    going: async () => looks[Math.min(at++, looks.length - 1)] ?? GONE,
    limits: { lookMs: 1, goneLimitMs: 120_000, jobLimitMs: 120_000 },
    cancel: new AbortController().signal,
    closing: new AbortController().signal,
    onLook: (inUse) => seen.push(inUse),
    ...more,
  });
  return { outcome, seen, looks: at };
}

test("REL-20c it waits for what goes, and for the job of what is in use", async () => {
  const { outcome, seen } = await waitFor([STOPPING, IN_USE, STOPPING, GONE]);
  expect(outcome).toEqual({ kind: "gone" });
  expect(seen).toEqual([false, true, false]);
});

test("REL-20d what stays is told once it was seen twice in a row", async () => {
  expect((await waitFor([STAYS, GONE])).outcome).toEqual({ kind: "gone" });
  expect((await waitFor([STAYS, STOPPING, STAYS, GONE])).outcome).toEqual({ kind: "gone" });
  expect((await waitFor([STAYS, STAYS])).outcome).toEqual(STAYS);
});

test("REL-20d two looks in a row are a while apart, whatever others tell meanwhile", async () => {
  const nextChange = () => Promise.reject(new Error("it waits for any news"));
  expect((await waitFor([STAYS, GONE], { watch: { nextChange } })).outcome).toEqual({ kind: "gone" });
});

test("REL-20c a backend that has ended has taken its models with it; of one that hangs nobody knows", async () => {
  const silent = problem("backend-timeout", { seconds: 5 });
  const down: Going = { kind: "failed", problem: silent, reached: false };
  expect((await waitFor([STOPPING, down])).outcome).toEqual({ kind: "gone" });
  expect((await waitFor([{ ...down, reached: true }])).outcome).toEqual({ kind: "stays", problem: silent });
});

test("REL-20c one slow answer does not end a long wait for a job, two in a row do", async () => {
  const silent = problem("backend-timeout", { seconds: 5 });
  const slow: Going = { kind: "failed", problem: silent, reached: true };
  expect((await waitFor([IN_USE, slow, IN_USE, slow, GONE])).outcome).toEqual({ kind: "gone" });
  expect((await waitFor([IN_USE, slow, slow, GONE])).outcome).toEqual({ kind: "stays", problem: silent });
});

test("REL-20c what goes without an end is left to the samples, a job to the user", async () => {
  const limits = { lookMs: 1, goneLimitMs: -1, jobLimitMs: -1 };
  expect((await waitFor([STOPPING], { limits })).outcome).toEqual({ kind: "gone" });
  expect((await waitFor([IN_USE], { limits })).outcome).toMatchObject({
    problem: { code: "job-still-running" },
  });
});

test("REL-11b REL-14 it ends when it is cancelled or the sidecar closes", async () => {
  const over = AbortSignal.abort();
  expect((await waitFor([IN_USE], { cancel: over })).outcome).toEqual({ kind: "cancelled" });
  const closed = await waitFor([IN_USE], { cancel: over, closing: over });
  expect(closed.outcome).toMatchObject({ kind: "failed", problem: { code: "sidecar-closing" } });
});
