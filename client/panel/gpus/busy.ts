import type { Gpu } from "../../../shared/gpu/gpu.ts";

/** Above this a job is running: a desktop and its browser stay below (percent). */
const BUSY_PCT = 20;

/** Names of the GPUs that are working. */
export function busyGpus(gpus: readonly Pick<Gpu, "index" | "utilizationGpuPct">[]): string[] {
  return gpus
    .filter(({ utilizationGpuPct }) => (utilizationGpuPct ?? 0) >= BUSY_PCT)
    .map(({ index, utilizationGpuPct }) => `GPU ${index} (${utilizationGpuPct} %)`);
}
