import type { Gpu } from "../../../shared/gpu/gpu.ts";
import type { Moment } from "../moment.ts";
import { type Episode, type GpuTrack, type JobEnd, type JobFacts, movedWithin, notFreePct } from "./track.ts";

const BUSY_PCT = 20;
const WELL_BUSY_PCT = 60;
const DIP_PCT = 10;
/** Loading a model: a rise by so much within so long. */
const LOADED_MIB = 1024;
const LOADED_MS = 15_000;
const MOVED_MIB = 256;
const MOVED_MS = 5000;
/** Kernels that recompile pause 20–40 s (reports of users): only a longer rest is the end. */
const IDLE_ENDS_MS = 60_000;
const REST_MS = 5000;
const FULL_PCT = 97;
/** What vanishes from a GPU that was full so shortly before has probably run out of memory. */
const FULL_LATELY_MS = 12_000;
/** A GPU that computes before its job is declared runs the declared job. */
const DECLARED_LATE_MS = 30_000;

/** The job of one GPU after one more sample, and the jobs that have ended with it. Pure. */
export function followEpisode(
  track: GpuTrack,
  gpu: Gpu,
  moment: Moment,
  { running, ended }: JobFacts,
): { episode: Episode | null; ends: JobEnd[] } {
  const { nowMs } = moment;
  const before = track.episode;
  const ends = ended.map((job): JobEnd => ({ ...job, ...lastSeen(before, nowMs) }));
  if (running.length > 0) {
    const startedMs = Math.min(...running.map((job) => job.startedMs));
    const same = before !== null && (before.declared || startedMs - before.startedMs <= DECLARED_LATE_MS);
    const base = same ? before : begin(startedMs, leastWithin(track, MOVED_MS));
    return { episode: continued({ ...base, declared: true, startedMs }, track, gpu, nowMs), ends };
  }
  if (before === null || before.declared || ended.length > 0) {
    // What goes on after the last declared job is not taken for another job before it rests.
    const endedAtMs = track.log.at(-1)?.endedMs ?? Number.NEGATIVE_INFINITY;
    const rested = ended.length === 0 && before === null && nowMs - endedAtMs >= REST_MS;
    const begins = rested && !moment.releasing && seemsToBegin(track, gpu);
    return {
      episode: begins ? continued(begin(nowMs, leastWithin(track, LOADED_MS)), track, gpu, nowMs) : null,
      ends,
    };
  }
  const now = continued(before, track, gpu, nowMs);
  const outcome = howItEnded(now, gpu, moment);
  if (outcome === null) return { episode: now, ends };
  const endedMs = outcome === "done" ? now.activeAtMs : nowMs;
  return {
    episode: null,
    ends: [{ gpus: [gpu.index], startedMs: now.startedMs, endedMs, outcome, ...lastSeen(before, nowMs) }],
  };
}

function begin(startedMs: number, startMiB: number | null): Episode {
  return {
    declared: false,
    startedMs,
    startMiB,
    peakMiB: 0,
    activeAtMs: startedMs,
    computedAtMs: null,
    dip: null,
    fullAtMs: null,
  };
}

/** The least VRAM of the last moments: the first sample of a job may hold some of it already. */
function leastWithin({ atMs, recent }: GpuTrack, ms: number): number | null {
  let least: number | null = null;
  for (const one of recent) {
    if (one.usedMiB !== null && atMs - one.atMs <= ms) least = Math.min(least ?? one.usedMiB, one.usedMiB);
  }
  return least;
}

function seemsToBegin(track: GpuTrack, { utilizationGpuPct }: Gpu): boolean {
  return (utilizationGpuPct ?? 0) >= BUSY_PCT || (movedWithin(track, LOADED_MS)?.riseMiB ?? 0) >= LOADED_MIB;
}

function continued(episode: Episode, track: GpuTrack, gpu: Gpu, nowMs: number): Episode {
  const { utilizationGpuPct: utilization, memoryUsedMiB: used } = gpu;
  const active = (utilization ?? 0) >= BUSY_PCT || (movedWithin(track, MOVED_MS)?.spanMiB ?? 0) >= MOVED_MIB;
  const computedAtMs = episode.computedAtMs ?? ((track.utilizationPct ?? 0) >= WELL_BUSY_PCT ? nowMs : null);
  return {
    ...episode,
    peakMiB: Math.max(episode.peakMiB, used ?? 0),
    activeAtMs: active ? nowMs : episode.activeAtMs,
    computedAtMs,
    dip: computedAtMs === null || utilization === null ? episode.dip : dipped(episode, utilization, nowMs),
    fullAtMs: (notFreePct(gpu) ?? 0) >= FULL_PCT ? nowMs : episode.fullAtMs,
  };
}

function dipped({ dip }: Episode, utilization: number, nowMs: number): Episode["dip"] {
  if (utilization > DIP_PCT) return null;
  if (dip === null) return { sinceMs: nowMs, meanPct: utilization, samples: 1 };
  const samples = dip.samples + 1;
  return { ...dip, samples, meanPct: dip.meanPct + (utilization - dip.meanPct) / samples };
}

/** How an undeclared job has ended, or `null` while it goes on. */
function howItEnded(episode: Episode, gpu: Gpu, { nowMs, releasing }: Moment): JobEnd["outcome"] | null {
  const { activeAtMs, startMiB, peakMiB, fullAtMs } = episode;
  const idle = (gpu.utilizationGpuPct ?? 0) < BUSY_PCT;
  if (idle && nowMs - activeAtMs >= IDLE_ENDS_MS) return "done";
  if (!idle || startMiB === null || gpu.memoryUsedMiB === null) return null;
  const height = peakMiB - startMiB;
  if (height < LOADED_MIB || gpu.memoryUsedMiB > startMiB + height / 2) return null;
  const vanished = fullAtMs !== null && nowMs - fullAtMs <= FULL_LATELY_MS && !releasing;
  return vanished ? "out-of-memory" : gpu.memoryUsedMiB <= startMiB + height / 4 ? "done" : null;
}

function lastSeen(episode: Episode | null, nowMs: number): Pick<JobEnd, "startMiB" | "peakMiB" | "dip"> {
  if (episode === null) return { startMiB: null, peakMiB: 0, dip: null };
  const { startMiB, peakMiB, dip } = episode;
  return {
    startMiB,
    peakMiB,
    dip: dip === null ? null : { forMs: nowMs - dip.sinceMs, meanPct: dip.meanPct },
  };
}
