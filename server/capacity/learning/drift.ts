import type { JobClass, Learned } from "../model.ts";

/** Fewer jobs than this prove no drift. */
const ENOUGH = 3;
const WORTH_SAYING = 0.05;

/** How far this machine's jobs are from the configured figure, as a share of it; `null`: nothing worth saying. */
export function driftOf({ configuredMiB }: JobClass, learned: Learned | undefined): number | null {
  if (configuredMiB === null || learned === undefined || learned.peaks.length < ENOUGH) return null;
  const share = Math.max(...learned.peaks.map(({ mib }) => mib)) / configuredMiB - 1;
  return Math.abs(share) < WORTH_SAYING ? null : share;
}
