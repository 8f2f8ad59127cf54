import { declaredMiB, figureOn, indexOfHolder } from "../demand/demand.ts";
import type { GpuDemand, RunningJob, WaitingJob } from "../model.ts";
import type { Placing, Reservation } from "../room/place.ts";
import { seatOn, withSeat } from "../room/room.ts";

/** Of a job that takes longer than expected nobody knows the end: this share of the expectation more. */
const OVERRUN_SHARE = 0.2;

export function expectedEndMs({ startedMs, expectedMs }: RunningJob, nowMs: number): number {
  return Math.max(startedMs + expectedMs, nowMs + expectedMs * OVERRUN_SHARE);
}

/** The demand once a job has ended: a process of its own is gone, a resident keeps what it keeps between jobs. */
export function afterEnd(demand: GpuDemand, job: RunningJob): GpuDemand {
  const { pid, backend, jobClass } = job;
  const figureMiB = figureOn(job, demand.index);
  const { holders, pool, freeMiB } = demand;
  const named = pool ?? indexOfHolder(holders, pid, backend);
  const at =
    named >= 0
      ? named
      : holders.findIndex(({ pid: who, jobs }) => who === null && jobs[0]?.figureMiB === figureMiB);
  const holder = holders[at];
  if (holder === undefined) return demand;
  const ended = holder.jobs.findIndex((one) => one.key === jobClass.key && one.figureMiB === figureMiB);
  const jobs = holder.jobs.filter((_, i) => i !== ended);
  const heldMiB = Math.min(holder.heldMiB, Math.max(holder.restMiB, declaredMiB(jobs)));
  const after = { ...holder, jobs, heldMiB, expectMiB: heldMiB, isActive: jobs.length > 0 };
  return { ...demand, freeMiB: freeMiB + holder.heldMiB - heldMiB, holders: holders.with(at, after) };
}

/** Processes whose job has just ended go back to what they keep. */
function afterTails(demand: GpuDemand): GpuDemand {
  let freeMiB = demand.freeMiB;
  const holders = demand.holders.map((holder) => {
    if (holder.isActive || holder.pid === null || holder.restMiB >= holder.heldMiB) return holder;
    freeMiB += holder.heldMiB - holder.restMiB;
    return { ...holder, heldMiB: holder.restMiB, expectMiB: holder.restMiB };
  });
  return { ...demand, freeMiB, holders };
}

/** When the ends of running jobs will have freed enough on one GPU, and who is there with the job then. */
export interface Opening {
  index: number;
  atMs: number;
  after: GpuDemand;
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
      .map((job) => ({ job, endsMs: expectedEndMs(job, nowMs) }))
      .sort((a, b) => a.endsMs - b.endsMs);
    let [atMs, then] = [nowMs, afterTails(demand)];
    let seat = seatOn(then, wish);
    for (const { job, endsMs } of ends) {
      if (seat.leftMiB >= 0) break;
      atMs = endsMs;
      then = afterEnd(then, job);
      seat = seatOn(then, wish);
    }
    if (seat.leftMiB >= 0) found.push({ index, atMs, after: withSeat(then, wish, seat.figureMiB) });
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
  const free = demands.filter(({ index }) => reservations.every(({ after }) => !after.has(index)));
  const first = openings(free, running, placing, nowMs).slice(0, job.gpuCount);
  if (first.length < job.gpuCount) return null;
  return {
    jobId: job.id,
    untilMs: Math.max(...first.map(({ atMs }) => atMs)),
    after: new Map(first.map(({ index, after }) => [index, after])),
  };
}
