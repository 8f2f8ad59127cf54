import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { backendSchema, CONFIGURABLE_KINDS as KINDS } from "../../server/config/backend-options.ts";
import type { AdapterRow } from "../../server/release/backends/adapter-row.ts";
import type { Backend, Occasion } from "../../server/release/backends/backend.ts";
import { createBackend } from "../../server/release/backends/create-backend.ts";
import { ADAPTER_ROWS } from "../../server/release/backends/rows.ts";
import { TIMINGS } from "../../server/timings.ts";
import { FAKE_BACKENDS } from "../fixtures/backends/all.ts";
import type { FakeBackend } from "../fixtures/backends/fake-backend.ts";
import { FAULTS } from "../helpers/backend-server.ts";
import { waitUntil } from "../helpers/wait-until.ts";

/** Time limit of the calls in this suite: long enough for a busy machine … */
const TIMEOUT_MS = 10_000;
/** … and of those that are not answered. */
const IN_VAIN_MS = 300;

/** The requests that an adapter's row tells of; what varies is in braces, what is asked for behind `?`. */
function requestsOf(row: AdapterRow): RegExp[] {
  const words = Object.values(row).join(" ");
  return [...words.matchAll(/`((?:GET|POST|PUT|DELETE) [^`?]+)/g)].map(([, request = ""]) => {
    const parts = request.split(/\{[^}]+\}/).map((part) => part.replace(/[.*+?^$()[\]\\|]/g, "\\$&"));
    return new RegExp(`^${parts.join(".*")}(?:\\?.*)?$`);
  });
}

describe.each(KINDS)("%s", (kind) => {
  let fake: FakeBackend;
  let backend: Backend;
  let unloads: number;
  const never = new AbortController().signal;

  beforeEach(async () => {
    unloads = 0;
    fake = await FAKE_BACKENDS[kind](() => {
      unloads++;
    });
    backend = create(fake.url);
  });
  afterEach(async () => {
    const told = requestsOf(ADAPTER_ROWS[kind]);
    const untold = fake.calls.filter(
      ({ method, path }) => !told.some((one) => one.test(`${method} ${path}`)),
    );
    expect(untold, "what docs/backends.md does not say of this adapter").toEqual([]);
    await fake.close();
  });

  function create(url: string, more: object = {}, timings = TIMINGS): Backend {
    return createBackend(
      v.parse(backendSchema, { kind, url, timeoutMs: TIMEOUT_MS, ...fake.options, ...more }),
      timings,
    );
  }

  async function statusOf(from = backend, occasion: Occasion = "watching") {
    const outcome = await from.status?.(never, occasion);
    if (outcome?.kind !== "status") throw new Error(`no status: ${JSON.stringify(outcome)}`);
    return outcome.status;
  }

  test("REL-9 unloads when idle, and its status says what it holds before and after", async () => {
    if (backend.status !== undefined) {
      const { busy, queue } = await statusOf();
      expect(busy).not.toBe(true);
      expect(queue ?? 0).toBe(0);
    }
    expect(await backend.unload("now", never)).toMatchObject({ kind: "accepted" });
    await waitUntil(() => !fake.isLoaded(), { what: "the models to leave VRAM" });
    expect(unloads).toBe(1);
    expect(fake.harmedJobs()).toBe(0);
  });

  test("REL-10 a running job is seen, or it is said that it cannot be", async () => {
    fake.startJob();
    if (backend.status === undefined) return expect(backend.duringJob).toBe("unknown");
    const { busy } = await statusOf();
    expect(busy).not.toBe(false);
    if (busy === null) expect(backend.modes).not.toContain("interrupt");
    fake.endJob();
    expect((await statusOf(backend, "releasing")).busy).not.toBe(true);
  });

  test("REL-10 where an unload call is safe during a job, the job completes unharmed", async () => {
    fake.startJob();
    if (backend.duringJob !== "deferred" && backend.duringJob !== "spared") return;
    expect(await backend.unload("now", never)).toMatchObject({ kind: "accepted" });
    fake.endJob();
    expect([fake.finishedJobs(), fake.harmedJobs()]).toEqual([1, 0]);
    if (backend.duringJob === "spared") return;
    await waitUntil(() => !fake.isLoaded(), { what: "the deferred unload" });
  });

  test("REL-11c interrupt stops the running job", async () => {
    if (backend.interrupt === undefined) return expect(backend.modes).not.toContain("interrupt");
    expect(backend.modes).toContain("interrupt");
    fake.startJob();
    expect(await backend.interrupt(never)).toEqual({ kind: "accepted" });
    await waitUntil(() => fake.interruptedJobs() === 1, { what: "the job to stop" });
  });

  describe.each(FAULTS)("REL-14 when the backend %s", (fault) => {
    test("each call ends in a value, and it works again afterwards", async () => {
      fake.breakWith(fault);
      const hasty = { ...TIMINGS, patience: { ...TIMINGS.patience, loadMs: IN_VAIN_MS } };
      const faulty = fault === "hangs" ? create(fake.url, { timeoutMs: IN_VAIN_MS }, hasty) : backend;
      const calls = [
        faulty.status?.(never, "releasing"),
        ...[
          faulty.unload("now", never),
          faulty.interrupt?.(never),
          faulty.going?.(never),
          // What remembers that there is nothing to load asks nothing.
          faulty.hasUnloaded?.() === false ? undefined : faulty.load?.(never),
        ],
      ];
      const outcomes = (await Promise.all(calls)).filter((outcome) => outcome !== undefined);
      for (const outcome of outcomes) {
        if (outcome.kind !== "failed") continue;
        expect(outcome.problem.message).not.toBe("");
        expect(JSON.stringify(outcome)).not.toContain(fake.url);
      }
      const certain =
        fault === "hangs" || fault === "resets" || fault === "answers-500" || fault === "redirects";
      if (certain) expect(outcomes.every(({ kind }) => kind === "failed" || kind === "gone")).toBe(true);
      fake.breakWith(null);
      expect(await backend.unload("now", never)).toMatchObject({ kind: "accepted" });
    });
  });

  test("REL-14 a backend that is down, and one that speaks no TLS, were not reached", async () => {
    const tls = await create(fake.url.replace("http:", "https:")).unload("now", never);
    expect(tls).toMatchObject({ kind: "failed", reached: false, problem: { code: "backend-unreachable" } });
    await fake.goDown();
    const down = { kind: "failed", reached: false, problem: { code: "backend-unreachable" } };
    expect(await backend.unload("now", never)).toMatchObject(down);
    if (backend.status !== undefined) expect(await backend.status(never)).toMatchObject(down);
    await fake.comeBack();
    expect(await backend.unload("now", never)).toMatchObject({ kind: "accepted" });
  });

  test("REL-14 a call ends when it is aborted", async () => {
    fake.breakWith("hangs");
    const patient = create(fake.url, { timeoutMs: 600_000 });
    const abort = new AbortController();
    const calling = patient.unload("now", abort.signal);
    await waitUntil(() => fake.calls.length > 0, { what: "the call to arrive" });
    abort.abort();
    expect(await calling).toMatchObject({ kind: "failed" });
  });

  test("SEC-6 it is called as a program, not as a page, with the headers of the config", async () => {
    const named = create(fake.url, { headers: { "x-secret": "s3cret-of-the-config" } });
    await named.status?.(never);
    await named.unload("now", never);
    expect(fake.calls.length).toBeGreaterThan(0);
    for (const { headers } of fake.calls) {
      expect(headers).not.toHaveProperty("origin");
      expect(headers).not.toHaveProperty("sec-fetch-site");
      expect(headers["x-secret"]).toBe("s3cret-of-the-config");
    }
  });
});
