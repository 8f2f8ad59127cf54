import type { Gpu } from "../../../../shared/gpu/gpu.ts";
import type { Sample } from "../../../../shared/gpu/sample.ts";
import { gpuWith as anyGpuWith } from "../../../helpers/gpu-with.ts";

/** A GPU of this UUID with these figures; what is left out is not reported. */
export function gpuWith(uuid: string, figures: Partial<Gpu>): Gpu {
  return anyGpuWith({ uuid, memoryTotalMiB: 100_000, ...figures });
}

/** A sample of these GPUs; the archive goes by its own clock. */
export const sampleOf = (...gpus: Gpu[]): Sample => ({ seq: 1, tMs: 0, gpus });

/** Both clocks, set by hand. */
export function handClocks(wallMs: number) {
  const now = { wallMs, steadyMs: 0 };
  return {
    now: () => ({ ...now }),
    pass(ms: number) {
      now.wallMs += ms;
      now.steadyMs += ms;
    },
    set(wallMs: number) {
      now.wallMs = wallMs;
    },
  };
}
