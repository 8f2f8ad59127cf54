import type { Capacity } from "./use-capacity.ts";

interface Rooms {
  perGpu: readonly Pick<Capacity["perGpu"][number], "canStart" | "running">[];
  canStart: number | null;
}

/**
 * What runs and the recommended maximum over the shown GPUs that count in `canStart`, as the API adds them up; `null`
 * where what runs is not known of one of them: a part of the sum would look like the sum. Pure.
 */
export function totalOf({ perGpu, canStart }: Rooms): {
  running: number | null;
  recommendedMax: number | null;
} {
  const counted = perGpu.filter((gpu) => gpu.canStart !== null);
  const known = counted.flatMap(({ running }) => running ?? []);
  if (canStart === null || known.length < counted.length) return { running: null, recommendedMax: null };
  const running = known.reduce((sum, one) => sum + one, 0);
  return { running, recommendedMax: canStart + running };
}
