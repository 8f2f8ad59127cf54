import type { Gpu } from "../../../shared/gpu/gpu.ts";

/** Above this a job is running: a desktop and its browser stay below (percent). */
const BUSY_PCT = 20;

/** Names of the GPUs that are working, none of which is broken over two lines. */
export function busyGpus(gpus: readonly Pick<Gpu, "index" | "utilizationGpuPct">[]): string[] {
  return gpus
    .filter(({ utilizationGpuPct }) => (utilizationGpuPct ?? 0) >= BUSY_PCT)
    .map(({ index, utilizationGpuPct }) => `GPU\u00a0${index}\u00a0(${utilizationGpuPct}%)`);
}
