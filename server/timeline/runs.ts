import type { Job } from "../../shared/jobs/job.ts";
import type { Profile } from "../../shared/profiles/profile.ts";
import type { Run } from "../../shared/timeline/run.ts";
import { NO_PHASES, namePhases, type PhasesSeen, profileByPhases, seePhase } from "./phases-seen.ts";
import type { GpuRuns, SeenRun } from "./seen-runs.ts";

interface Followed {
  run: Run;
  seen: PhasesSeen;
  /** Highest level, MiB. */
  mostMiB: number;
}

/** Runs by id: those that go on, and those that ended lately. Immutable. */
export type Runs = ReadonlyMap<string, Followed>;

export const NO_RUNS: Runs = new Map();

/** As far back as the timeline shows. */
const KEPT_MS = 15 * 60_000;
const MOST_ENDED = 64;
/** A predicted peak is told anew when it has moved by this much, MiB. */
const PEAK_STEP_MIB = 256;

/**
 * Follows what runs from sample to sample: when it began, its phases, and when it ended. Times are epoch milliseconds.
 * Pure.
 */
export function followRuns(
  before: Runs,
  gpus: readonly GpuRuns[],
  jobs: readonly Job[],
  nowMs: number,
): Runs {
  const next = new Map<string, Followed>();
  for (const { gpu, runs } of gpus) {
    for (const seen of runs) {
      const job = jobs.find(({ id }) => id === seen.job) ?? null;
      const id = job === null ? `${seen.pid}@${gpu}@${Math.round(seen.startedMs)}` : `${job.id}@${gpu}`;
      next.set(id, follow(before.get(id), { id, gpu, seen, job, nowMs }));
    }
  }
  for (const [id, followed] of before) {
    if (next.has(id)) continue;
    const { run, mostMiB } = followed;
    const endedAt = run.endedAt ?? nowMs;
    const peakMiB = run.endedAt === null ? mostMiB || null : run.peakMiB;
    if (nowMs - endedAt < KEPT_MS) next.set(id, { ...followed, run: { ...run, endedAt, peakMiB } });
  }
  return withoutOldest(next);
}

interface Look {
  id: string;
  gpu: number;
  seen: SeenRun;
  job: Job | null;
  nowMs: number;
}

function follow(before: Followed | undefined, look: Look): Followed {
  const { id, gpu, seen: found, job, nowMs } = look;
  const { pid, name, heldMiB, startedMs } = found;
  const seen = seePhase(before?.seen ?? NO_PHASES, job?.phase ?? null, nowMs, heldMiB);
  const run: Run = {
    id,
    job: job?.id ?? null,
    gpu,
    pid,
    label: job?.label ?? name ?? (pid === null ? "" : String(pid)),
    profile: job?.profile ?? null,
    startedAt: before?.run.startedAt ?? job?.startedAt ?? Math.round(startedMs),
    endedAt: null,
    peakMiB: found.peakMiB === null ? null : Math.ceil(found.peakMiB / PEAK_STEP_MIB) * PEAK_STEP_MIB,
    phases: [...seen.phases],
  };
  return { run, seen, mostMiB: Math.max(before?.mostMiB ?? 0, heldMiB ?? 0) };
}

function withoutOldest(runs: Map<string, Followed>): Runs {
  const ended = [...runs.values()].filter(({ run }) => run.endedAt !== null);
  if (ended.length <= MOST_ENDED) return runs;
  ended.sort((a, b) => (b.run.endedAt ?? 0) - (a.run.endedAt ?? 0));
  for (const { run } of ended.slice(MOST_ENDED)) runs.delete(run.id);
  return runs;
}

/** As viewers see them, oldest first: phases by the names of the profile that each is of, or seems to be. Pure. */
export function shownRuns(runs: Runs, profiles: readonly Profile[]): Run[] {
  return [...runs.values()]
    .map(({ run }) => {
      const own = profiles.find(({ id }) => id === run.profile);
      const profile = own ?? profileByPhases(run.phases, profiles);
      return profile === null
        ? run
        : { ...run, profile: profile.id, phases: namePhases(run.phases, profile) };
    })
    .sort((a, b) => a.startedAt - b.startedAt || a.gpu - b.gpu);
}
