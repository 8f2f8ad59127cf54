import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import { type Admitted, admit } from "../capacity/admission/admit.ts";
import { afterEnd, expectedEndMs } from "../capacity/admission/backfill.ts";
import { runQueue } from "../capacity/admission/queue.ts";
import { type JobPlacing, placingOf } from "../capacity/admission/wish.ts";
import type { CapacityState, GpuDemand, WaitingJob } from "../capacity/model.ts";
import type { Policy } from "../capacity/policy.ts";
import { fitsNever } from "../capacity/room/never.ts";
import { roomOf, seatOn } from "../capacity/room/room.ts";
import { neverProblem } from "./reasons.ts";

/** What a waiting job is told. */
export interface WaitingView {
  /** Place in the queue, 1 for the next. */
  position: number;
  reason: Problem;
  /** When it will start, about: epoch milliseconds; `null`: nobody knows. */
  startsAt: number | null;
  /** What would be reserved for it, MiB. */
  peakMiB: number;
}

/** Expected times in steps, so that what moves a little with every sample is not sent with every sample. */
const STEP_MS = 5000;

/** Why each waiting job waits, by the room that admission reads. @param closed why nobody may start now. Pure. */
export function viewWaiting(
  state: CapacityState,
  isKnown: boolean,
  policy: Policy,
  closed: Problem | null = null,
): Map<string, WaitingView> {
  if (state.waiting.length === 0) return new Map();
  const pass = admit(state, policy);
  const starts = estimateStarts(state, pass.before, policy);
  return new Map(
    state.waiting.map((job, i) => {
      const placing = placingOf(job, state, policy);
      const { mib, needMiB } = placing.figure;
      const isNever = fitsNever(state.gpus, placing.figure, job);
      const reason = isNever ? neverProblem(job, mib, state.gpus) : (closed ?? reasonOf(job, placing, pass));
      const startsMs = isNever || closed !== null ? undefined : starts.get(job.id);
      return [
        job.id,
        {
          position: i + 1,
          reason: isKnown ? reason : problem("not-sampling"),
          startsAt: startsMs === undefined ? null : Math.ceil(startsMs / STEP_MS) * STEP_MS,
          peakMiB: Math.ceil(needMiB),
        },
      ];
    }),
  );
}

/** By the GPU that is missing: the best one, for a job on k GPUs the k-th best. */
function reasonOf(
  { id }: WaitingJob,
  { wish, on, gpuCount }: JobPlacing,
  { started, demands, reservations }: Admitted,
): Problem {
  const seats = demands
    .filter(({ index }) => on.length === 0 || on.includes(index))
    .map((demand) => ({ demand, leftMiB: seatOn(demand, wish).leftMiB }))
    .sort((a, b) => b.leftMiB - a.leftMiB);
  const last = seats[gpuCount - 1] ?? seats.at(-1);
  if (last === undefined || started.some((job) => job.id === id)) return problem("list-awaited");
  const { demand, leftMiB } = last;
  const gpu = demand.index;
  if (leftMiB >= 0) {
    const isKept = reservations.some(({ jobId, after }) => jobId !== id && after.has(gpu));
    return isKept ? problem("outranked", { gpu }) : problem("list-awaited");
  }
  if (demand.isUnsettled) return problem("list-needed", { gpu });
  if (wish.isUnknown) return problem("starts-alone", { gpu });
  const { freeMiB, promisedMiB, reserveMiB: reserve } = roomOf(demand, false);
  const [free, promised, missing] = [Math.floor(freeMiB), Math.ceil(promisedMiB), Math.ceil(-leftMiB)];
  const peak = free - promised - reserve + missing;
  return problem("no-room", { gpu, free, promised, reserve, missing, peak });
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
  let demands = before;
  let waiting: readonly WaitingJob[] = state.waiting.slice(0, AHEAD);
  let running = state.running.map((job) => ({ job, endsMs: expectedEndMs(job, atMs) }));
  for (let ends = 0; ends < ENDS && waiting.length > 0; ends++) {
    const then = { ...state, atMs, waiting, running: running.map(({ job }) => job) };
    const pass = runQueue(then, demands, policy);
    for (const { id } of pass.started) starts.set(id, atMs);
    ({ waiting, demands } = pass);
    const begun = pass.started.map((job) => ({ job, endsMs: job.startedMs + job.expectedMs }));
    const [first, ...rest] = [...running, ...begun].sort((a, b) => a.endsMs - b.endsMs);
    if (first === undefined) break;
    atMs = Math.max(atMs, first.endsMs);
    running = rest;
    demands = demands.map((demand) =>
      first.job.gpus.includes(demand.index) ? afterEnd(demand, first.job) : demand,
    );
  }
  return starts;
}
