import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { GpuNow } from "./room.ts";

/** What a job needs of the machine. */
export interface Demand {
  /** On each of its GPUs. */
  peakMiB: number;
  gpuCount: number;
  /** Indexes of the GPUs that it may use; `null`: any. */
  allowed: readonly number[] | null;
}

/** Why this job could not start even if nothing else were on its GPUs, or `null`. GPUs of unknown size may be large. */
export function neverFits({ peakMiB, gpuCount, allowed }: Demand, gpus: readonly GpuNow[]): Problem | null {
  // Before the first sample it is not known which GPUs there are.
  if (gpus.length === 0) return null;
  const usable = gpus.filter(({ index }) => allowed === null || allowed.includes(index));
  if (usable.length < gpuCount)
    return problem("job-too-few-gpus", { wanted: gpuCount, there: usable.length });
  const rooms = usable
    .map(({ index, totalMiB, reserveMiB }) => ({
      index,
      roomMiB: totalMiB === null || reserveMiB === null ? Number.POSITIVE_INFINITY : totalMiB - reserveMiB,
    }))
    .sort((a, b) => b.roomMiB - a.roomMiB || a.index - b.index);
  const decides = rooms[gpuCount - 1];
  if (decides === undefined || decides.roomMiB >= peakMiB) return null;
  const { index: gpu, roomMiB: room } = decides;
  return problem("job-never-fits", { peak: peakMiB, gpus: gpuCount, gpu, room, missing: peakMiB - room });
}
