import type { CapacityState, JobClass } from "../model.ts";

/** Where nothing has ended yet. */
const ASSUMED_MS = 60_000;

export function meanRecentMs({ recentMs }: Pick<CapacityState, "recentMs">): number {
  return recentMs.length === 0 ? ASSUMED_MS : recentMs.reduce((a, b) => a + b, 0) / recentMs.length;
}

/** How long a job of this class takes: the median here, else as published, else like the last jobs of all. */
export function expectedMs(jobClass: JobClass, state: Pick<CapacityState, "learned" | "recentMs">): number {
  const own = [...(state.learned.get(jobClass.key)?.durationsMs ?? [])].sort((a, b) => a - b);
  const median = own[Math.floor(own.length / 2)];
  return median ?? (jobClass.seconds === null ? meanRecentMs(state) : jobClass.seconds * 1000);
}
