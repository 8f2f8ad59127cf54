import { describe, expect, test } from "vitest";
import type { BackendOptions } from "../../server/config/backend-options.ts";
import { FAKE_BACKENDS } from "../fixtures/backends/all.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import type { PanelClient } from "../helpers/panel-client.ts";
import { type Rig, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

type Kind = BackendOptions["kind"];
// The keys of the registry are kinds; Object.keys does not tell.
const KINDS = Object.keys(FAKE_BACKENDS).filter((kind): kind is Kind => kind in FAKE_BACKENDS);
const HELD = 20_123;
const LEFT = 1_337;

/** The built sidecar with a fake of one kind on a card of which it holds most. */
async function withKind(kind: Kind, use: (rig: Rig, panel: PanelClient) => Promise<void>) {
  const rig = await startRig({
    script: { gpus: [fakeGpu(0, { "memory.used": HELD, "memory.total": 24_564 })] },
    backends: [kind],
    onUnload: (_, fake) => fake.setGpu(0, { "memory.used": LEFT }),
  });
  try {
    const panel = rig.connect();
    await panel.hello();
    await waitUntil(() => panel.samples.length > 0, { what: "a sample" });
    await use(rig, panel);
  } finally {
    await rig.close();
  }
}

async function release(panel: PanelClient) {
  const { bootId } = await panel.hello();
  const reply = await panel.socket.emitWithAck("release", { requestId: "r", bootId, mode: "auto" });
  expect(reply).toMatchObject({ ok: true });
}

describe("every kind of backend, through the whole sidecar", () => {
  test.concurrent.each(KINDS)(
    "REL-9 REL-1 %s: idle, it is released and the samples say how much came back",
    async (kind) => {
      await withKind(kind, async (rig, panel) => {
        await release(panel);
        const done = await panel.releaseIn("done", "failed");
        expect(done).toMatchObject({ state: "done", freedMiB: HELD - LEFT, problem: null, backend: kind });
        expect(rig.backend(kind).isLoaded()).toBe(false);
        const { state } = await (await fetch(`${rig.sidecar.url}api/v1/state`)).json();
        expect(state.backends).toMatchObject([{ id: kind, kind, url: null, reachable: true, problem: null }]);
        // Neither its address nor its secrets are anywhere in what a viewer gets.
        const told = JSON.stringify([panel.hellos, panel.releases, state]);
        expect(told).not.toContain(new URL(rig.backend(kind).url).port);
        expect(rig.sidecar.output()).not.toContain(rig.backend(kind).url);
      });
    },
  );

  test.concurrent.each(KINDS)("REL-10 %s: with a job running, the job completes unharmed", async (kind) => {
    await withKind(kind, async (rig, panel) => {
      const backend = rig.backend(kind);
      backend.startJob();
      const [state] = (await (await fetch(`${rig.sidecar.url}api/v1/state`)).json()).state.backends;
      const { duringJob, modes } = state;
      // Some tell it to a release alone.
      const knowsBusy =
        (await isBusyKnown(rig)) || (duringJob === "ends-jobs" && modes.includes("after-current"));
      // Whoever does not tell whether it is busy cannot be spared; the panel warns of that before.
      if (!knowsBusy && (duringJob === "unknown" || duringJob === "ends-jobs")) return;
      await release(panel);
      if (knowsBusy && duringJob !== "spared") await panel.releaseIn("waiting-for-job");
      if (duringJob === "spared") await panel.releaseIn("waiting-for-job", "verifying", "done", "failed");
      expect([backend.finishedJobs(), backend.harmedJobs()]).toEqual([0, 0]);
      backend.endJob();
      const end = await panel.releaseIn("done", "failed");
      expect([backend.finishedJobs(), backend.harmedJobs(), backend.interruptedJobs()]).toEqual([1, 0, 0]);
      if (duringJob === "spared") return;
      expect(end).toMatchObject({ state: "done", problem: null });
      expect(rig.fake.script.gpus[0]?.["memory.used"]).toBe(LEFT);
    });
  });
});

/** Whether the backend has told that it is busy, once its status has come. */
async function isBusyKnown(rig: Rig): Promise<boolean> {
  const backend = await waitUntil(
    async () => {
      const { state } = await (await fetch(`${rig.sidecar.url}api/v1/state`)).json();
      return state.backends[0].reachable === null ? null : state.backends[0];
    },
    { what: "the status" },
  );
  return backend.busy !== null;
}
