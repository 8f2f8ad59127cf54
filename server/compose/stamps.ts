import type { Job } from "../../shared/jobs/job.ts";
import type { Run } from "../../shared/timeline/run.ts";
import type { JobStore } from "../jobs/job-store.ts";
import type { EndedJob, Jobs } from "../jobs/jobs.ts";
import type { Time } from "../lib/clock.ts";

/**
 * Moves jobs and runs between two clocks. Decisions are made with the wall clock of the start and the steady clock since;
 * what is told and kept has the time of day. The two differ once the wall clock was set, or the machine has slept.
 */
export interface Stamps {
  jobs(jobs: readonly Job[]): Job[];
  runs(runs: readonly Run[]): Run[];
  /** The same jobs, told with the time of day. */
  told(jobs: Jobs): Jobs;
  /** The same store, in which everything has the time of day. */
  kept(store: JobStore): JobStore;
}

export function createStamps({ wallOf }: Pick<Time, "wallOf">): Stamps {
  const toldJob = (job: Job) => movedJob(job, wallOf(0));
  const toldEnd = (ended: EndedJob) => ({ ...ended, job: toldJob(ended.job) });
  const jobs = (list: readonly Job[]) => list.map(toldJob);
  return {
    jobs,
    runs: (runs) => runs.map((run) => movedRun(run, wallOf(0))),
    told: (inner) => ({
      ...inner,
      list: () => jobs(inner.list()),
      find(id) {
        const job = inner.find(id);
        return job && toldJob(job);
      },
      async request(body, requestedBy) {
        const reply = await inner.request(body, requestedBy);
        return reply.ok ? { ...reply, data: toldJob(reply.data) } : reply;
      },
      heartbeat(id, patch) {
        const reply = inner.heartbeat(id, patch);
        return reply?.ok ? { ...reply, data: toldJob(reply.data) } : reply;
      },
      finish(id, end) {
        const job = inner.finish(id, end);
        return job && toldJob(job);
      },
      async whenStarted(id, mostMs, signal) {
        const job = await inner.whenStarted(id, mostMs, signal);
        return job && toldJob(job);
      },
      onEnd: (listener) => inner.onEnd((ended) => listener(toldEnd(ended))),
    }),
    kept: (store) => ({
      load: () => store.load().map((record) => ({ ...record, job: movedJob(record.job, -wallOf(0)) })),
      save: (changed, forgotten) =>
        store.save(
          changed.map((record) => ({ ...record, job: toldJob(record.job) })),
          forgotten,
        ),
    }),
  };
}

const moved = (ms: number | null, byMs: number) => (ms === null ? null : ms + byMs);

function movedJob(job: Job, byMs: number): Job {
  if (byMs === 0) return job;
  return {
    ...job,
    requestedAt: job.requestedAt + byMs,
    startedAt: moved(job.startedAt, byMs),
    endedAt: moved(job.endedAt, byMs),
    expiresAt: job.expiresAt + byMs,
    startsAt: moved(job.startsAt, byMs),
    endsAt: moved(job.endsAt, byMs),
  };
}

function movedRun(run: Run, byMs: number): Run {
  if (byMs === 0) return run;
  return {
    ...run,
    startedAt: run.startedAt + byMs,
    endedAt: moved(run.endedAt, byMs),
    phases: run.phases.map((phase) => ({ ...phase, startedAt: phase.startedAt + byMs })),
  };
}
