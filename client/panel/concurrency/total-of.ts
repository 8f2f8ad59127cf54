import type { Capacity } from "./use-capacity.ts";

/** What runs and the recommended maximum over all shown GPUs, as the API adds them up. Pure. */
export function totalOf({ perGpu, canStart }: Pick<Capacity, "perGpu" | "canStart">) {
  const known = perGpu.flatMap(({ running }) => running ?? []);
  // A part of the sum would look like the sum.
  const running =
    known.length === 0 || known.length < perGpu.length ? null : known.reduce((sum, one) => sum + one, 0);
  return { running, recommendedMax: canStart === null || running === null ? null : canStart + running };
}
