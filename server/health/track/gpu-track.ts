import type { Gpu } from "../../../shared/gpu/gpu.ts";
import type { Moment } from "../moment.ts";
import { followEpisode } from "./episode.ts";
import { followHeat, NO_HEAT } from "./heat.ts";
import { followLog } from "./job-log.ts";
import type { GpuTrack, JobFacts, Recent } from "./track.ts";

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
