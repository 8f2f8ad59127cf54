import type { Gpu } from "../../../shared/gpu/gpu.ts";
import type { EndedJobFact, Moment, RunningJobFact, SlowReading } from "../moment.ts";
import { type Episode, followEpisode, type JobEnd } from "./episode.ts";
import { followHeat, type Heat, NO_HEAT } from "./heat.ts";
import { type EndedJob, followLog } from "./job-log.ts";

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
  /** The job that runs, marked or inferred; `null` between jobs. */
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

export const NEW_TRACK: GpuTrack = {
  atMs: 0,
  utilizationPct: null,
  recent: [],
  episode: null,
  log: [],
  heat: NO_HEAT,
  hotAtMs: null,
  brakedAtMs: null,
  busyReadings: [],
  xid: null,
};

const SMOOTHING_MS = 5000;
const RECENT_MS = 60_000;
const RECENT_STEP_MS = 900;
const BUSY_PCT = 50;
const THERMAL: readonly string[] = ["hw-thermal", "sw-thermal"];
const BRAKES: readonly string[] = ["hw-power-brake", "hw-slowdown"];

/** In use and reserved by the driver: what is not free. On newer drivers `memory.used` alone never reaches the total. */
export function notFreeMiB({ memoryTotalMiB, memoryFreeMiB, memoryUsedMiB }: Gpu): number | null {
  return memoryTotalMiB === null || memoryFreeMiB === null ? memoryUsedMiB : memoryTotalMiB - memoryFreeMiB;
}

/** What is not free of the total, percent. */
export function fullPct(gpu: Gpu): number | null {
  const used = notFreeMiB(gpu);
  return used === null || gpu.memoryTotalMiB === null || gpu.memoryTotalMiB <= 0
    ? null
    : (100 * used) / gpu.memoryTotalMiB;
}

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

/** The track after one more sample of its GPU. Pure. */
export function followGpu(track: GpuTrack, gpu: Gpu, moment: Moment, facts: JobFacts): GpuTrack {
  const { nowMs } = moment;
  const smooth = smoothed(track, gpu.utilizationGpuPct, nowMs);
  const recent = remembered(track.recent, nowMs, gpu.memoryUsedMiB);
  const before = { ...track, atMs: nowMs, utilizationPct: smooth, recent };
  const { episode, ends } = followEpisode(before, gpu, moment, facts);
  const slow = moment.slow.get(gpu.uuid);
  const isNew = slow !== undefined && slow.atMs > track.atMs;
  const code = facts.xids.at(-1);
  return {
    ...before,
    episode,
    log: followLog(track.log, ends, gpu, episode, moment),
    heat: followHeat(track.heat, gpu.temperatureC, (smooth ?? 0) >= BUSY_PCT, nowMs),
    hotAtMs: has(gpu.throttle, THERMAL) ? nowMs : track.hotAtMs,
    brakedAtMs: has(gpu.throttle, BRAKES) && !has(gpu.throttle, THERMAL) ? nowMs : track.brakedAtMs,
    busyReadings:
      isNew && (smooth ?? 0) >= BUSY_PCT ? [...track.busyReadings.slice(-1), slow] : track.busyReadings,
    xid: code === undefined ? track.xid : { atMs: nowMs, code },
  };
}

/** What the moment says of the jobs and errors of one GPU. */
export interface JobFacts {
  running: readonly RunningJobFact[];
  ended: readonly EndedJobFact[];
  xids: readonly number[];
}
export type { JobEnd };

function has(reasons: readonly string[] | null, wanted: readonly string[]): boolean {
  return reasons?.some((reason) => wanted.includes(reason)) ?? false;
}

function smoothed({ atMs, utilizationPct }: GpuTrack, now: number | null, nowMs: number): number | null {
  if (now === null || utilizationPct === null) return now;
  const share = 1 - Math.exp(-Math.max(0, nowMs - atMs) / SMOOTHING_MS);
  return utilizationPct + share * (now - utilizationPct);
}

function remembered(recent: readonly Recent[], atMs: number, usedMiB: number | null): readonly Recent[] {
  const last = recent.at(-1);
  if (last !== undefined && atMs - last.atMs < RECENT_STEP_MS) return recent;
  const from = recent.findIndex((one) => atMs - one.atMs <= RECENT_MS);
  const next = from < 0 ? [] : recent.slice(from);
  next.push({ atMs, usedMiB });
  return next;
}
