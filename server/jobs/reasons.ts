import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { GpuTrack, JobAsk } from "../capacity/model.ts";

/** Why a job could not start even on empty GPUs. @param peakMiB its figure without margin */
export function neverProblem(
  { gpuCount, on }: Pick<JobAsk, "gpuCount" | "on">,
  peakMiB: number,
  gpus: readonly GpuTrack[],
): Problem {
  const usable = gpus
    .map(({ evidence: { index, totalMiB, driverMiB } }) => ({ index, emptyMiB: totalMiB - driverMiB }))
    .filter(({ index }) => on.length === 0 || on.includes(index))
    .sort((a, b) => b.emptyMiB - a.emptyMiB || a.index - b.index);
  const decides = usable[gpuCount - 1];
  if (decides === undefined) return problem("too-few-gpus", { wanted: gpuCount, there: usable.length });
  const { index: gpu, emptyMiB: room } = decides;
  const peak = Math.ceil(peakMiB);
  return problem("never-fits", { peak, gpus: gpuCount, gpu, room, missing: peak - room });
}
