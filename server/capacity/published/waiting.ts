import { admit } from "../admission/admit.ts";
import { afterEnd, expectedEndMs } from "../admission/backfill.ts";
import { type QueuePass, runQueue } from "../admission/queue.ts";
import { placingOf } from "../admission/wish.ts";
import type { CapacityState, GpuDemand, RunningJob, WaitingJob } from "../model.ts";
import type { Policy } from "../policy.ts";
import type { Reservation } from "../room/place.ts";
import { type RoomTerms, roomOf, seatOn } from "../room/room.ts";

export type WhyWaiting =
  /** Too little room: so many MiB are missing on the GPU that lacks least. */
  | { kind: "no-room"; gpu: number; missingMiB: number; terms: RoomTerms }
  /** It would fit, but the GPU is kept for a job that waits for longer. */
  | { kind: "reserved"; gpu: number; for: string }
  /** No process is named there and what is there has moved lately. */
  | { kind: "unsettled"; gpu: number }
  /** Nothing is known of the job: it starts alone. */
  | { kind: "starts-alone"; gpu: number }
  /** It fits, and starts as soon as a list of processes has been read. */
  | { kind: "fits" };

export interface WaitingExplained {
  id: string;
  /** From 1. */
  place: number;
  why: WhyWaiting;
  /** When it should start by what is known of the others; `null`: nobody knows. */
  startsMs: number | null;
}

/** Per waiting job: its place, why it does not start now, and when it should. */
export function explainWaiting(state: CapacityState, policy: Policy): WaitingExplained[] {
  const pass = admit(state, policy);
  const starts = estimateStarts(state, pass.before, policy);
  return state.waiting.map((job, i) => {
    return {
      id: job.id,
      place: i + 1,
      why: pass.started.some(({ id }) => id === job.id)
        ? { kind: "fits" }
        : whyWaiting(job, state, pass, policy),
      startsMs: starts.get(job.id) ?? null,
    };
  });
}

interface Pass {
  demands: readonly GpuDemand[];
  reservations: readonly Reservation[];
}

function whyWaiting(
  job: WaitingJob,
  state: CapacityState,
  { demands, reservations }: Pass,
  policy: Policy,
): WhyWaiting {
  const { wish, on, gpuCount } = placingOf(job, state, policy);
  const seats = demands
    .filter(({ index }) => on.length === 0 || on.includes(index))
    .map((demand) => ({ demand, leftMiB: seatOn(demand, wish).leftMiB }))
    .sort((a, b) => b.leftMiB - a.leftMiB);
  // The k-th best GPU is the one that is missing.
  const last = seats[gpuCount - 1] ?? seats.at(-1);
  if (last === undefined) return { kind: "fits" };
  const { demand, leftMiB } = last;
  const gpu = demand.index;
  if (leftMiB >= 0) {
    const keeper = reservations.find(({ jobId, after }) => jobId !== job.id && after.has(gpu));
    return keeper === undefined ? { kind: "fits" } : { kind: "reserved", gpu, for: keeper.jobId };
  }
  if (demand.isUnsettled) return { kind: "unsettled", gpu };
  if (wish.isUnknown) return { kind: "starts-alone", gpu };
  return { kind: "no-room", gpu, missingMiB: -leftMiB, terms: roomOf(demand, false) };
}

/** So many ends of jobs are looked ahead, for the first so many who wait. */
const ENDS = 40;
const AHEAD = 20;

/** Plays the queue on: jobs end when they are expected to, and those who then fit start. */
function estimateStarts(
  state: CapacityState,
  before: readonly GpuDemand[],
  policy: Policy,
): Map<string, number> {
  const starts = new Map<string, number>();
  let { atMs } = state;
  let demands: readonly GpuDemand[] = before;
  let waiting: readonly WaitingJob[] = state.waiting.slice(0, AHEAD);
  let running = state.running.map((job) => ({ job, endsMs: expectedEndMs(job, atMs) }));
  for (let ends = 0; ends < ENDS && waiting.length > 0; ends++) {
    const jobs: RunningJob[] = running.map(({ job }) => job);
    const pass: QueuePass = runQueue({ ...state, atMs, waiting, running: jobs }, demands, policy);
    for (const { id } of pass.started) starts.set(id, atMs);
    ({ waiting, demands } = pass);
    running = [
      ...running,
      ...pass.started.map((job) => ({ job, endsMs: job.startedMs + job.expectedMs })),
    ].sort((a, b) => a.endsMs - b.endsMs);
    const [first, ...rest] = running;
    if (first === undefined) break;
    atMs = Math.max(atMs, first.endsMs);
    running = rest;
    demands = demands.map((demand) =>
      first.job.gpus.includes(demand.index) ? afterEnd(demand, first.job) : demand,
    );
  }
  return starts;
}
