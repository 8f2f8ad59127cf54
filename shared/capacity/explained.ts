import type { Gpu } from "../gpu/gpu.ts";
import type { CapacityState, GpuPromise } from "../protocol/state.ts";
import { totalCanStart } from "./concurrency.ts";
import { type CapacityWords, explainCapacity, explainFurther } from "./explain.ts";
import { capacityOnGpu, roomOf } from "./on-gpu.ts";
import type { Profile } from "./profile.ts";
import type { Run } from "./run.ts";
import { type VramBar, vramBar } from "./vram-bar.ts";

type ExplainedGpu = CapacityState["perGpu"][number];

/** The whole arithmetic of one GPU in one sentence: the same in the API and in the panel. Pure. */
export function explainGpu(
  capacity: Pick<ExplainedGpu, "useful" | "unifiedMemory"> & Parameters<typeof explainCapacity>[0],
  words: CapacityWords,
): string {
  const sentences = [explainCapacity(capacity, words), ...explainFurther(capacity, words, capacity.useful)];
  if (capacity.unifiedMemory) sentences.push(words.unified);
  return sentences.join("; ");
}

/** The recommendation for one profile on one GPU with its bar and its arithmetic in words. Pure. */
export function explainedGpu(
  gpu: Gpu,
  profile: Profile,
  promise: GpuPromise,
  words: CapacityWords,
): ExplainedGpu {
  const capacity = {
    ...capacityOnGpu(gpu, profile, promise),
    useful: promise.useful,
    unifiedMemory: promise.unified !== null,
  };
  return {
    ...capacity,
    bar: barOf(gpu, promise, capacity.reserveMiB),
    explanation: explainGpu(capacity, words),
  };
}

/** The stacked bar of one GPU. @param reserveMiB with the uncertainty of the profile that is looked at */
export function barOf(gpu: Gpu, promise: GpuPromise, reserveMiB: number | null): VramBar | null {
  const { memoryTotalMiB: totalMiB, memoryFreeMiB: freeMiB } = roomOf(gpu, promise);
  const { promisedMiB, backendMiB, tensorsMiB, cacheMiB } = promise;
  return vramBar({ totalMiB, freeMiB, backendMiB, tensorsMiB, cacheMiB, promisedMiB, reserveMiB });
}

/** Jobs that run now, each counted once on however many GPUs it is. Pure. */
export function runningJobs(runs: readonly Run[]): number {
  const running = runs.filter(({ endedAt }) => endedAt === null);
  return new Set(running.map(({ job, pid, id }) => job ?? pid ?? id)).size;
}

/** The recommendation for one profile over all GPUs. Pure. */
export function capacityState(
  profile: Profile,
  perGpu: readonly ExplainedGpu[],
  runs: readonly Run[],
): CapacityState {
  const canStart = totalCanStart(perGpu, profile.gpus);
  return {
    profile: profile.id,
    perGpu: [...perGpu],
    canStart,
    recommendedMax: canStart === null ? null : canStart + runningJobs(runs),
  };
}
