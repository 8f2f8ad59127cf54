import { join } from "node:path";
import { createArchive } from "../../server/history/archive.ts";
import { openBlockStore } from "../../server/history/block-store.ts";
import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { FakeNvidiaSmi } from "./fake-nvidia-smi.ts";
import { gpuWith } from "./gpu-with.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** One reading of one GPU, by how long ago it was. */
export type PastFigures = (
  agoMs: number,
  gpuIndex: number,
) => Pick<Gpu, "memoryUsedMiB" | "utilizationGpuPct">;

/**
 * Thirty days of history for the GPUs of a fake, in the data folder of its rig, written by the sidecar's own store:
 * a sample every 5 minutes, in the last day every 20 s. To be called while no sidecar runs there.
 */
export function writePast(fake: FakeNvidiaSmi, figures: PastFigures): void {
  const endMs = Date.now();
  const now = { wallMs: endMs - 30 * DAY_MS, steadyMs: 0 };
  const complain = (message: string) => {
    throw new Error(message);
  };
  const archive = createArchive(openBlockStore(join(fake.dir, "data", "history.sqlite"), complain), {
    longestIntervalMs: () => 10_000,
    clocks: () => now,
  });
  for (let seq = 1; now.wallMs < endMs; seq++) {
    const agoMs = endMs - now.wallMs;
    const gpus = fake.script.gpus.map(({ index, uuid, name }) =>
      gpuWith({ index, uuid, name, memoryTotalMiB: 24_564, ...figures(agoMs, index) }),
    );
    archive.append({ seq, tMs: now.steadyMs, gpus });
    const stepMs = agoMs > DAY_MS ? 5 * MINUTE_MS : 20_000;
    now.wallMs += stepMs;
    now.steadyMs += stepMs;
    if (seq % 500 === 0) archive.flush();
  }
  archive.close();
}
