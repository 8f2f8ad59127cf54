import { gpuCapacity, totalCanStart } from "../../shared/capacity/concurrency.ts";
import { capacityWordsEn, explainCapacity } from "../../shared/capacity/explain.ts";
import type { Profile } from "../../shared/capacity/profile.ts";
import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { CapacityState } from "../../shared/protocol/state.ts";

/** The recommended concurrency for one profile over all GPUs. Pure. */
export function estimateCapacity(gpus: readonly Gpu[], profile: Profile): CapacityState {
  const perGpu = gpus.map((gpu) => {
    const capacity = gpuCapacity(gpu, profile);
    return { ...capacity, explanation: explainCapacity(capacity, capacityWordsEn) };
  });
  const canStart = totalCanStart(perGpu);
  return { profile: profile.id, perGpu, canStart, recommendedMax: canStart };
}
