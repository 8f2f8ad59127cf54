import type { CapacityState, GpuTrack, RunningJob, Tenant } from "../capacity/model.ts";

/** A job that runs on one GPU: a declared one, or a process that works. */
export interface SeenRun {
  /** `null`: nobody declared it. */
  job: string | null;
  /** `null`: the machine names no process. */
  pid: number | null;
  name: string | null;
  /** `null`: what it holds cannot be told. */
  heldMiB: number | null;
  /** What it is reckoned to take at most; `null`: nobody can say. */
  peakMiB: number | null;
  /** Epoch milliseconds. */
  startedMs: number;
}

/** What runs on one GPU in one sample. */
export interface GpuRuns {
  gpu: number;
  runs: readonly SeenRun[];
}

/** Who runs where, by what capacity knows. Pure. */
export function seenRuns({ gpus, running }: CapacityState): GpuRuns[] {
  return gpus.map((track) => {
    const { index } = track.evidence;
    const here = running.filter(({ gpus: on }) => on.includes(index));
    const declared = here.map((job) => declaredRun(job, here, track));
    return { gpu: index, runs: [...declared, ...undeclaredRuns(track, here)] };
  });
}

function declaredRun(job: RunningJob, here: readonly RunningJob[], track: GpuTrack): SeenRun {
  const { id, pid, startedMs, figureMiB } = job;
  const run = { job: id, pid, startedMs, peakMiB: figureMiB };
  if (track.kind === "hidden") {
    // What several jobs hold together is nobody's in particular.
    const own = track.evidence.usedMiB - track.unlisted.otherMiB;
    return { ...run, name: null, heldMiB: here.length === 1 ? Math.max(0, own) : null };
  }
  const tenant = pid === null ? undefined : track.tenants.find((one) => one.pid === pid);
  const isShared = here.some((other) => other.id !== id && other.pid === pid);
  return { ...run, name: tenant?.name ?? null, heldMiB: isShared ? null : (tenant?.heldMiB ?? null) };
}

function undeclaredRuns(track: GpuTrack, here: readonly RunningJob[]): SeenRun[] {
  if (track.kind === "listed") {
    return track.tenants
      .filter(({ pid, state }) => state === "running" && here.every((job) => job.pid !== pid))
      .map(runOfTenant);
  }
  const { state, stateSinceMs, otherMiB, jobPeakMiB, peaks } = track.unlisted;
  if (state !== "running") return [];
  const peakMiB = Math.max(otherMiB, jobPeakMiB, ...peaks);
  return [{ job: null, pid: null, name: null, heldMiB: otherMiB, peakMiB, startedMs: stateSinceMs }];
}

const runOfTenant = ({ pid, name, heldMiB, stateSinceMs, jobPeakMiB, peaks }: Tenant): SeenRun => ({
  ...{ job: null, pid, name, heldMiB },
  peakMiB: Math.max(heldMiB, jobPeakMiB, ...peaks),
  startedMs: stateSinceMs,
});
