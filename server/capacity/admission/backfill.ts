import type { GpuDemand, RunningJob, WaitingJob } from "../model.ts";
import type { Placing, Reservation } from "../room/place.ts";
import { seatOn } from "../room/room.ts";

/** Of a job that takes longer than expected nobody knows the end: this share of the expectation more. */
const OVERRUN_SHARE = 0.2;

export function expectedEndMs({ startedMs, expectedMs }: RunningJob, nowMs: number): number {
  return Math.max(startedMs + expectedMs, nowMs + expectedMs * OVERRUN_SHARE);
}

/** When the ends of running jobs will have freed enough on one GPU, and the room beside the job then. */
export interface Opening {
  index: number;
  atMs: number;
  leftMiB: number;
}

/** Each GPU on which the ends of running jobs would make room, earliest first. */
export function openings(
  demands: readonly GpuDemand[],
  running: readonly RunningJob[],
  { wish, on }: Placing,
  nowMs: number,
): Opening[] {
  const found: Opening[] = [];
  for (const demand of demands) {
    const { index } = demand;
    if (on.length > 0 && !on.includes(index)) continue;
    const ends = running
      .filter(({ gpus }) => gpus.includes(index))
      .map((job) => ({ atMs: expectedEndMs(job, nowMs), mib: Math.max(job.figureMiB, job.seenMiB) }))
      .sort((a, b) => a.atMs - b.atMs);
    let [atMs, { leftMiB }] = [nowMs, seatOn(demand, { ...wish, isUnknown: false })];
    for (const end of ends) {
      if (leftMiB >= 0) break;
      atMs = end.atMs;
      leftMiB += end.mib;
    }
    if (leftMiB >= 0) found.push({ index, atMs, leftMiB });
  }
  return found.sort((a, b) => a.atMs - b.atMs);
}

/** EASY backfill: the GPUs that will be free first are kept for the job; `null`: no end of a job would be enough. */
export function reserve(
  job: WaitingJob,
  placing: Placing,
  demands: readonly GpuDemand[],
  running: readonly RunningJob[],
  reservations: readonly Reservation[],
  nowMs: number,
): Reservation | null {
  const free = demands.filter(({ index }) => reservations.every(({ besideMiB }) => !besideMiB.has(index)));
  const first = openings(free, running, placing, nowMs).slice(0, job.gpuCount);
  if (first.length < job.gpuCount) return null;
  const untilMs = Math.max(...first.map(({ atMs }) => atMs));
  return {
    jobId: job.id,
    untilMs,
    besideMiB: new Map(first.map(({ index, leftMiB }) => [index, leftMiB])),
  };
}
