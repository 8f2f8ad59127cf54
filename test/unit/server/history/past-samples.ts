import type { Gpu } from "../../../../shared/gpu/gpu.ts";
import { UNKNOWN_READING } from "../../../../shared/gpu/gpu.ts";
import type { Sample } from "../../../../shared/gpu/sample.ts";

/** A GPU with these figures; what is left out is not reported. */
export function gpuWith(uuid: string, figures: Partial<Gpu>): Gpu {
  return {
    index: 0,
    uuid,
    name: "A",
    memoryTotalMiB: 100_000,
    lost: false,
    ...UNKNOWN_READING,
    memoryReservedMiB: null,
    utilizationMemoryPct: null,
    powerLimitW: null,
    fanPct: null,
    pstate: null,
    throttle: null,
    mig: null,
    processes: null,
    ...figures,
  };
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
