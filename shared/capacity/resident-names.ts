import type { Resident } from "../protocol/state.ts";

/** Names of those in which a job may start, each once. Pure. */
export function residentNames(residents: readonly Resident[]): string[] {
  const fitting = residents.filter(({ state, nextJob }) => state === "idle" && nextJob.fits > 0);
  return [...new Set(fitting.map(({ backend, name, pid }) => backend ?? name ?? `pid ${pid}`))];
}
