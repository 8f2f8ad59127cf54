import { type Gpu, UNKNOWN_READING } from "../../shared/gpu/gpu.ts";

/** A GPU with these figures; what is left out is not reported. */
export function gpuWith(figures: Partial<Gpu> = {}): Gpu {
  return {
    index: 0,
    uuid: "GPU-a",
    name: "A",
    memoryTotalMiB: null,
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
