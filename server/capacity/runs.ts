import type { Job } from "../../shared/capacity/job.ts";
import type { Profile } from "../../shared/capacity/profile.ts";
import type { Run } from "../../shared/capacity/run.ts";
import { NO_PHASES, namePhases, type PhasesSeen, profileByPhases, seePhase } from "./phases-seen.ts";
import type { SeenRun } from "./promises.ts";
import { isUnnamed } from "./unnamed.ts";

/** What runs on one GPU in one sample. */
export interface GpuRuns {
  gpu: number;
  /** `null`: who runs there cannot be told now. */
  runs: readonly SeenRun[] | null;
  /** VRAM in use above what it was when the processes were listed, MiB; `null`: not known. */
  sinceListMiB: number | null;
}

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
 * Follows what runs from sample to sample: when it began, its phases, and when it ended. Between two lists of processes
 * the VRAM of a GPU with one run tells what that one holds. Times are epoch milliseconds. Pure.
 * @param epochMs epoch milliseconds of the samples' time 0
 */
export function followRuns(
  before: Runs,
  gpus: readonly GpuRuns[],
  jobs: readonly Job[],
  nowMs: number,
  epochMs: number,
): Runs {
  const next = new Map<string, Followed>();
  for (const { gpu, runs, sinceListMiB } of gpus) {
    if (runs === null) keepOnGpu(before, next, gpu);
    for (const seen of runs ?? []) {
      const job = jobs.find(({ id }) => id === seen.job) ?? null;
      const id = job === null ? `${seen.pid}@${gpu}@${Math.round(seen.startedMs ?? 0)}` : `${job.id}@${gpu}`;
      const alone = runs?.length === 1 ? (sinceListMiB ?? 0) : 0;
      const heldMiB = seen.heldMiB === null ? null : Math.max(0, seen.heldMiB + alone);
      next.set(id, follow(before.get(id), { id, gpu, seen, job, heldMiB, nowMs, epochMs }));
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

function keepOnGpu(before: Runs, next: Map<string, Followed>, gpu: number) {
  for (const [id, followed] of before) {
    if (followed.run.gpu === gpu && followed.run.endedAt === null) next.set(id, followed);
  }
}

interface Look {
  id: string;
  gpu: number;
  seen: SeenRun;
  job: Job | null;
  heldMiB: number | null;
  nowMs: number;
  epochMs: number;
}

function follow(before: Followed | undefined, look: Look): Followed {
  const { id, gpu, seen: found, job, heldMiB, nowMs, epochMs } = look;
  const seen = seePhase(before?.seen ?? NO_PHASES, job?.phase ?? null, nowMs, heldMiB);
  const startedAt =
    before?.run.startedAt ?? job?.startedAt ?? Math.round(epochMs + (found.startedMs ?? nowMs - epochMs));
  const peakMiB = Math.ceil(found.peakMiB / PEAK_STEP_MIB) * PEAK_STEP_MIB;
  const run: Run = {
    id,
    job: job?.id ?? null,
    gpu,
    pid: isUnnamed(found.pid) ? null : found.pid,
    label: job?.label ?? (isUnnamed(found.pid) ? "" : (found.name ?? String(found.pid))),
    profile: job?.profile ?? null,
    startedAt,
    endedAt: null,
    peakMiB,
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
