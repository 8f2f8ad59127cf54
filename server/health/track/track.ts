import type { Gpu, GpuProcess } from "../../../shared/gpu/gpu.ts";
import { percentOf } from "../../../shared/gpu/units.ts";
import { vramOf } from "../../../shared/gpu/vram.ts";
import type { EndedJobFact, RunningJobFact, SlowReading } from "../moment.ts";
import type { Heat } from "./heat.ts";

/** VRAM and utilization at one moment of the last minute. */
export interface Recent {
  atMs: number;
  usedMiB: number | null;
}

/** All that is remembered of one GPU from sample to sample. Immutable. */
export interface GpuTrack {
  atMs: number;
  /** Utilization smoothed over some 5 s, percent. */
  utilizationPct: number | null;
  /** The last minute, a second apart at least, oldest first. */
  recent: readonly Recent[];
  /** The job that runs, declared or inferred; `null` between jobs. */
  episode: Episode | null;
  /** Jobs that have ended, oldest first. */
  log: readonly EndedJob[];
  heat: Heat;
  /** Last time at which a thermal, and another hardware throttle reason was active. */
  hotAtMs: number | null;
  brakedAtMs: number | null;
  /** The last two slow readings that were taken while the GPU was busy, newest last. */
  busyReadings: readonly SlowReading[];
  xid: { atMs: number; code: number } | null;
}

/** A job on one GPU: one that was declared, or a stretch of work that looks like one. Epoch milliseconds, MiB. */
export interface Episode {
  declared: boolean;
  startedMs: number;
  startMiB: number | null;
  peakMiB: number;
  /** Last time that the GPU computed or its memory moved. */
  activeAtMs: number;
  /** First time that it was well busy. */
  computedAtMs: number | null;
  /** Utilization has been about 5 % since, after it had been well busy: the mean of it. */
  dip: { sinceMs: number; meanPct: number; samples: number } | null;
  /** Last time that hardly any VRAM was free. */
  fullAtMs: number | null;
}

/** A job that has ended, as its episode saw it. */
export interface JobEnd extends EndedJobFact {
  startMiB: number | null;
  peakMiB: number;
  /** How utilization stood before the end, and for how long. */
  dip: { forMs: number; meanPct: number } | null;
}

/** A job that has ended on one GPU, and what was in use after it. */
export interface EndedJob extends JobEnd {
  /** The least in use from its end until the next job began or 15 s had passed, MiB; `null`: another one ran. */
  afterMiB: number | null;
  /** `afterMiB` does not change any more. */
  settled: boolean;
  processes: readonly GpuProcess[] | null;
}

/** What the moment says of the jobs and errors of one GPU. */
export interface JobFacts {
  running: readonly RunningJobFact[];
  ended: readonly EndedJobFact[];
  xids: readonly number[];
}

/** VRAM that nobody can take, MiB: in use or kept by the driver, so that it reaches the total where `memory.used` does not. */
export function notFreeMiB(gpu: Gpu): number | null {
  const { totalMiB, usedMiB, freeMiB } = vramOf(gpu);
  return totalMiB === null || freeMiB === null ? usedMiB : totalMiB - freeMiB;
}

/** The same in percent of the total. */
export const notFreePct = (gpu: Gpu) => percentOf(notFreeMiB(gpu), gpu.memoryTotalMiB);

/** Highest less lowest VRAM of the last `ms` milliseconds, and last less first; `null` where it is not known for as long. MiB. */
export function movedWithin(track: GpuTrack, ms: number): { spanMiB: number; riseMiB: number } | null {
  let [least, most, first, last] = [Number.POSITIVE_INFINITY, 0, Number.NaN, Number.NaN];
  for (let i = track.recent.length - 1; i >= 0; i--) {
    const one = track.recent[i];
    if (one?.usedMiB == null) break;
    least = Math.min(least, one.usedMiB);
    most = Math.max(most, one.usedMiB);
    first = one.usedMiB;
    if (Number.isNaN(last)) last = one.usedMiB;
    if (track.atMs - one.atMs >= ms) return { spanMiB: most - least, riseMiB: last - first };
  }
  return null;
}
