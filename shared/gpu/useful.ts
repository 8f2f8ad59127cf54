import * as v from "valibot";

/** Mean utilization from which one job keeps the GPU to itself. */
export const SATURATED_PCT = 90;
/** Shorter than this says nothing: a job's load phase and its pauses look alike. */
const ENOUGH_SECONDS = 10;

/** Would a second job finish sooner beside the first than after it? */
export const usefulnessSchema = v.object({
  /**
   * - `not-faster`: the GPU is busy already; another job fits but will not finish sooner
   * - `helpful`: there is compute to spare, or nothing runs
   * - `unknown`: no utilization is reported, or not for long enough
   */
  verdict: v.picklist(["not-faster", "helpful", "unknown"]),
  /** Mean over the time that was looked at, percent. */
  utilizationPct: v.nullable(v.number()),
});
export type Usefulness = v.InferOutput<typeof usefulnessSchema>;

/**
 * Judges by the mean of `utilization.gpu` (percent of the time in which a kernel ran) over the recent samples, one a
 * second: two jobs share one GPU's time, so where one leaves none, n jobs take n times as long. Pure.
 */
export function usefulness(
  running: number | null,
  recentUtilizationPct: readonly (number | null)[],
): Usefulness {
  if (running === 0) return { verdict: "helpful", utilizationPct: null };
  const known = recentUtilizationPct.filter((value): value is number => value !== null);
  if (known.length < ENOUGH_SECONDS) return { verdict: "unknown", utilizationPct: null };
  const utilizationPct = known.reduce((sum, value) => sum + value, 0) / known.length;
  return { verdict: utilizationPct >= SATURATED_PCT ? "not-faster" : "helpful", utilizationPct };
}
