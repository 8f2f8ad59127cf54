import { describe, expect, test } from "vitest";
import type { BackendOptions } from "../../server/config/backend-options.ts";
import { FAKE_BACKENDS } from "../fixtures/backends/all.ts";
import type { FakeBackend } from "../fixtures/backends/fake-backend.ts";
import { FAULTS, type Fault } from "./backend-server.ts";
import { fakeGpu } from "./fake-nvidia-smi.ts";
import type { PanelClient } from "./panel-client.ts";
import { type Rig, startRig } from "./rig.ts";
import { waitUntil } from "./wait-until.ts";

type Kind = BackendOptions["kind"];
const KINDS = Object.keys(FAKE_BACKENDS).filter((kind): kind is Kind => kind in FAKE_BACKENDS);
const HELD = 20_123;
const LEFT = 1_337;

/** Everything that can happen to a backend; `restarts`: gone, and back with nothing loaded and no job. */
const ALL_FAULTS = [...FAULTS, "goes-down", "restarts"] as const;
export type AnyFault = (typeof ALL_FAULTS)[number];

async function strike(backend: FakeBackend, fault: AnyFault) {
  if (fault === "goes-down") return backend.goDown();
  if (fault === "restarts") {
    await backend.goDown();
    return backend.comeBack();
  }
  backend.breakWith(fault satisfies Fault);
}

async function heal(backend: FakeBackend, fault: AnyFault) {
  if (fault === "goes-down") await backend.comeBack();
  backend.breakWith(null);
}

async function withKind(kind: Kind, use: (rig: Rig, panel: PanelClient) => Promise<void>) {
  const rig = await startRig({
    script: { gpus: [fakeGpu(0, { "memory.used": HELD, "memory.total": 24_564 })] },
    backends: [kind],
    // Long enough for a fake that answers late on a busy machine; one that hangs is waited for so long.
    hookTimeoutMs: 5000,
    settings: { releasePatience: 3000 },
    onUnload: (_, fake) => fake.setGpu(0, { "memory.used": LEFT }),
  });
  const heart = watchHealth(rig.sidecar.url);
  try {
    const panel = rig.connect();
    await panel.hello();
    await waitUntil(() => panel.samples.length > 0, { what: "a sample" });
    await use(rig, panel);
  } finally {
    const { answers, failures } = await heart.end();
    await rig.close();
    expect(failures).toEqual([]);
    expect(answers).toBeGreaterThan(0);
  }
}

/** Asks /healthz all the time; a sidecar that a backend holds up would not answer. */
function watchHealth(url: string) {
  let going = true;
  let answers = 0;
  const failures: string[] = [];
  const loop = (async () => {
    while (going) {
      const response = await fetch(`${url}healthz`, { signal: AbortSignal.timeout(20_000) }).catch(String);
      if (typeof response === "string") failures.push(response);
      else answers++;
      // Not one right after the other: that would be the load under which the others fail.
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  })();
  return {
    async end() {
      going = false;
      await loop;
      return { answers, failures };
    },
  };
}

async function release(panel: PanelClient): Promise<string> {
  const { bootId } = await panel.hello();
  const reply = await panel.socket.emitWithAck("release", {
    requestId: `${Math.random()}`,
    bootId,
    mode: "auto",
  });
  if (!reply.ok) throw new Error(reply.message);
  return reply.data.id;
}

/** The end of this very release; `state` alone would find an earlier one. */
const ended = (panel: PanelClient, id: string) =>
  waitUntil(
    () => panel.releases.find((one) => one.id === id && (one.state === "done" || one.state === "failed")),
    {
      timeoutMs: 60_000,
      what: () => `the end of ${id}; last: ${JSON.stringify(panel.releases.at(-1))}`,
    },
  );

/** Which of the faults a kind of backend meets. */
export type FaultsOf = (kind: Kind) => readonly AnyFault[];

/** Each kind meets every fault. */
export const everyFault: FaultsOf = () => ALL_FAULTS;

/** Two kinds meet every fault, each of the others one or two of them: each fault is met by four kinds or more. */
export const someFaults: FaultsOf = (kind) =>
  kind === "comfyui" || kind === "http"
    ? ALL_FAULTS
    : ALL_FAULTS.filter((_, i) => i % 5 === KINDS.indexOf(kind) % 5);

/** By then the backend is no longer asked: every second fault to either kind. */
export const everySecondFault: FaultsOf = (kind) =>
  ALL_FAULTS.filter((_, i) => i % 2 === (kind === "http" ? 1 : 0));

/** The tests of what a release does when its backend goes wrong, in a file of either tier. */
export function testBackendFaults(faultsOf: FaultsOf, measuredFaultsOf = faultsOf): void {
  whileCalled(faultsOf);
  whileWaiting(faultsOf);
  whileMeasured(measuredFaultsOf);
}

const whileCalled = (faultsOf: FaultsOf) =>
  describe("faults while the backend is called", () => {
    test.concurrent.each(KINDS)(
      "REL-14 %s: each fault ends in words that name it, and the next release works",
      async (kind) => {
        await withKind(kind, async (rig, panel) => {
          const backend = rig.backend(kind);
          for (const fault of faultsOf(kind)) {
            if (fault === "restarts") continue;
            await strike(backend, fault);
            const end = await ended(panel, await release(panel));
            expect([fault, end.state, end.problem === null]).toEqual([fault, "failed", false]);
            expect(end.problem?.message).not.toBe("");
            expect(JSON.stringify(end)).not.toContain(backend.url);
            expect([fault, backend.harmedJobs()]).toEqual([fault, 0]);
            await heal(backend, fault);
          }
          const end = await ended(panel, await release(panel));
          expect(end).toMatchObject({ state: "done", freedMiB: HELD - LEFT });
        });
      },
      240_000,
    );
  });

/** Those that tell when a job runs, and therefore wait for it. */
const WAITING_KINDS = KINDS.filter((kind) =>
  ["comfyui", "a1111", "forge", "sdnext", "swarmui", "vllm", "http"].includes(kind),
);

const whileWaiting = (faultsOf: FaultsOf) =>
  describe("faults while a release waits for a job", () => {
    test.concurrent.each(WAITING_KINDS)(
      "REL-14 %s: each fault ends the wait in words that name it",
      async (kind) => {
        await withKind(kind, async (rig, panel) => {
          const backend = rig.backend(kind);
          backend.startJob();
          for (const fault of faultsOf(kind)) {
            const id = await release(panel);
            await waitUntil(
              () => panel.releases.some((one) => one.id === id && one.state === "waiting-for-job"),
              {
                what: () => `${fault}: the release to wait; last: ${JSON.stringify(panel.releases.at(-1))}`,
              },
            );
            await strike(backend, fault);
            // A backend that was away for less than a look is seen to be still busy: then it is waited for as before.
            const seen = fault !== "restarts" || (await isOver(panel, id));
            if (!seen) await panel.socket.emitWithAck("cancel-release", { id });
            const end = await ended(panel, id);
            expect([fault, end.state]).toEqual([fault, "failed"]);
            expect(end.problem?.message).not.toBe("");
            expect(end.freedMiB).toBeNull();
            await heal(backend, fault);
          }
          expect([backend.harmedJobs(), backend.interruptedJobs()]).toEqual([0, 0]);
          backend.endJob();
          expect(await ended(panel, await release(panel))).toMatchObject({
            state: "done",
            freedMiB: HELD - LEFT,
          });
        });
      },
      240_000,
    );
  });

const whileMeasured = (faultsOf: FaultsOf) =>
  describe("faults while the samples are measured", () => {
    const cases = (["comfyui", "http"] as const).flatMap((kind) =>
      faultsOf(kind).map((fault) => ({ kind, fault })),
    );
    test.concurrent.each(cases)(
      "REL-14 $kind $fault: what came back is measured all the same",
      async ({ kind, fault }) => {
        await withKind(kind, async (rig, panel) => {
          const id = await release(panel);
          await waitUntil(() => panel.releases.some((one) => one.id === id && one.state === "verifying"), {
            what: "the measuring",
          });
          await strike(rig.backend(kind), fault);
          expect(await ended(panel, id)).toMatchObject({
            state: "done",
            freedMiB: HELD - LEFT,
            problem: null,
          });
        });
      },
      240_000,
    );
  });

/** Whether the release has ended by the time that two more looks would have been taken. */
async function isOver(panel: PanelClient, id: string): Promise<boolean> {
  const before = panel.samples.length;
  await waitUntil(() => panel.samples.length >= before + 4, { what: "four samples" });
  return panel.releases.some((one) => one.id === id && one.state === "failed");
}
