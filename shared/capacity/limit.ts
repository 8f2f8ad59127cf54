import type { Job } from "../jobs/job.ts";
import type { State } from "../protocol/state.ts";

/** What of the state a limit depends on. */
export interface LimitState extends Pick<State, "capacity"> {
  backends: readonly Pick<State["backends"][number], "id" | "busy">[];
  jobs: readonly Pick<Job, "backend" | "state">[];
}

/**
 * How many jobs may run at once now for one backend: those that run in it, and those of its next ones for which there is
 * room, in what it holds or beside it. `null`: not known. `undefined`: nobody knows such a backend. Pure.
 */
export function limitOf(
  backend: string,
  { capacity, backends, jobs }: LimitState,
): number | null | undefined {
  const word = backends.find(({ id }) => id === backend);
  const residents = capacity.perGpu.flatMap((gpu) => gpu.residents.filter((one) => one.backend === backend));
  const own = jobs.filter((job) => job.backend === backend && isUnfinished(job));
  if (word === undefined && residents.length === 0 && own.length === 0) return undefined;
  if (capacity.canStart === null) return null;
  const declared = own.filter(({ state }) => state === "running").length;
  const isSeen = word?.busy === true || residents.some(({ state }) => state === "running");
  const running = Math.max(declared, isSeen ? 1 : 0);
  const idle = residents.filter(({ state }) => state === "idle");
  if (running === 0 && idle.length === 0 && residents.length > 0) return null;
  // One that holds nothing would begin as any other: with the kind of job that the panel is set to.
  const inOthers = capacity.perGpu.reduce((sum, { inResidents }) => sum + inResidents, 0);
  const beside = Math.max(0, capacity.canStart - inOthers);
  const more = residents.length > 0 ? idle.reduce((sum, { nextJob }) => sum + nextJob.fits, 0) : beside;
  return running + more;
}

const isUnfinished = ({ state }: Pick<Job, "state">) => state === "waiting" || state === "running";
