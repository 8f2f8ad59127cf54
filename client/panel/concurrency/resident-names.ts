import type { GpuPromise } from "../../../shared/protocol/state.ts";

/** Names of those in which a job may start, each once. Pure. */
export function residentNames(promises: readonly Pick<GpuPromise, "residents">[]): string[] {
  const fitting = promises
    .flatMap(({ residents }) => residents)
    .filter(({ state, nextJob }) => state === "idle" && nextJob.fits > 0);
  return [...new Set(fitting.map(({ backend, name, pid }) => backend ?? name ?? `pid ${pid}`))];
}
