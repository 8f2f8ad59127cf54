import { onTestFinished } from "vitest";
import type { BackendOptions } from "../../server/config/backend-options.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { type Rig, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

/** What each child holds of the simulated card while it lives; the tiny models themselves hold next to nothing. */
export const CHILD_MIB = 6_000;
const REST_MIB = 1_000;

/** The sidecar beside a real backend, whose children hold VRAM of a simulated card while they live. */
export async function beside(
  kind: BackendOptions["kind"],
  { url, children }: { url: string; children(): number[] },
): Promise<Rig> {
  const gpu = fakeGpu(0, { "memory.used": REST_MIB });
  const rig = await startRig({ script: { gpus: [gpu] }, settings: { backends: [{ kind, url }] } });
  let told = "";
  const follow = setInterval(() => {
    const pids = children();
    if (pids.join() === told) return;
    told = pids.join();
    rig.fake.set({
      gpus: [{ ...gpu, "memory.used": REST_MIB + pids.length * CHILD_MIB }],
      processes: pids.map((pid) => ({
        ...{ gpu_uuid: gpu.uuid, pid, process_name: kind, used_memory: CHILD_MIB },
      })),
    });
  }, 20);
  onTestFinished(async () => {
    clearInterval(follow);
    await rig.close();
  });
  return rig;
}

/** So many of its children are in the samples: a release measures from what they say. */
export const sampled = (rig: Rig, children: number) =>
  waitUntil(
    async () => {
      const { state } = await (await fetch(`${rig.sidecar.url}api/v1/state`)).json();
      return state.gpus[0]?.memoryUsedMiB === REST_MIB + children * CHILD_MIB;
    },
    { what: `${children} children in the samples` },
  );

/** The backend as the panel has it. */
export const backendOf = async (rig: Rig) =>
  (await (await fetch(`${rig.sidecar.url}api/v1/state`)).json()).state.backends[0];

/** As the panel's button has it. */
export async function loadAgain(rig: Rig, id: string): Promise<unknown> {
  const answer = await fetch(`${rig.sidecar.url}api/v1/backends/${id}/load`, { method: "POST" });
  return [answer.status, await answer.json()];
}
