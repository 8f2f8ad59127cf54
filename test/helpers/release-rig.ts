import { onTestFinished } from "vitest";
import type { ReleaseMode } from "../../shared/release/release.ts";
import { fakeGpu } from "./fake-nvidia-smi.ts";
import type { PanelClient } from "./panel-client.ts";
import { type Rig, type RigOptions, startRig } from "./rig.ts";
import { waitUntil } from "./wait-until.ts";

/** A ComfyUI that holds 20,123 MiB, of which 1,337 stay after an unload. */
export async function startLive(options: RigOptions = {}): Promise<Rig> {
  const rig = await startRig({
    script: { gpus: [fakeGpu(0, { "memory.used": 20_123, "memory.total": 24_564 })] },
    backends: ["comfyui"],
    onUnload: (_, fake) => fake.setGpu(0, { "memory.used": 1_337 }),
    ...options,
  });
  onTestFinished(() => rig.close());
  return rig;
}

export async function connect(running: Rig): Promise<PanelClient> {
  const panel = running.connect();
  await panel.hello();
  await waitUntil(() => panel.samples.length > 0, { what: "a sample" });
  return panel;
}

export async function ask(panel: PanelClient, mode: ReleaseMode, more: object = {}) {
  const { bootId } = await panel.hello();
  return panel.socket.emitWithAck("release", {
    requestId: `${mode}-${Math.random()}`,
    bootId,
    mode,
    ...more,
  });
}

export async function cancel(panel: PanelClient) {
  return panel.socket.emitWithAck("cancel-release", { id: panel.releases.at(-1)?.id ?? "none" });
}

export const FREED = 20_123 - 1_337;
