import type { RunningJob, Ticket } from "../model.ts";

/** A process that this round of lists names first, and the GPUs on which it was listed. */
export interface NewProcess {
  pid: number;
  gpus: readonly number[];
}

export interface Matches {
  jobs: ReadonlyMap<string, number>;
  tickets: ReadonlyMap<string, number>;
}

/**
 * The one matcher of jobs to processes: who was let in first gets the oldest new process that is on its GPUs alone.
 * Jobs and tickets that named their process are not asked here.
 */
export function matchNew(
  processes: readonly NewProcess[],
  jobs: readonly RunningJob[],
  tickets: readonly Ticket[],
): Matches {
  const found = { jobs: new Map<string, number>(), tickets: new Map<string, number>() };
  const claims = [
    ...jobs.map(({ id, gpus, startedMs }) => ({ id, gpus, atMs: startedMs, into: found.jobs })),
    ...tickets.map(({ id, gpus, askedMs }) => ({ id, gpus, atMs: askedMs, into: found.tickets })),
  ].sort((a, b) => a.atMs - b.atMs);
  const left = [...processes].sort((a, b) => a.pid - b.pid);
  for (const { id, gpus, into } of claims) {
    const at = left.findIndex((process) => process.gpus.every((gpu) => gpus.includes(gpu)));
    const [process] = at < 0 ? [] : left.splice(at, 1);
    if (process !== undefined) into.set(id, process.pid);
  }
  return found;
}
