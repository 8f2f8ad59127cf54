import type { Resident } from "../protocol/state.ts";

/** Names of those in which so many jobs may start; in one or the other where they exclude each other. Pure. */
export function residentNames(residents: readonly Resident[], count: number): string {
  const fitting = residents.filter(({ state, nextJob }) => state === "idle" && nextJob.fits > 0);
  const names = new Set(fitting.map(({ backend, name, pid }) => backend ?? name ?? `pid ${pid}`));
  return [...names].join(names.size > count ? " / " : ", ");
}
