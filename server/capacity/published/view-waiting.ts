import { problem } from "../../../shared/problems/make-problem.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import { openings } from "../admission/backfill.ts";
import { placingOf } from "../admission/wish.ts";
import type { CapacityState, GpuDemand, WaitingJob } from "../model.ts";
import type { Policy } from "../policy.ts";
import { fitsNever } from "../room/never.ts";
import { type Placing, place } from "../room/place.ts";
import { roomOf, seatOn } from "../room/room.ts";
import { neverProblem } from "./reasons.ts";
import { roomsOf } from "./published.ts";

/** What a waiting job is told. */
export interface WaitingView {
  /** Place in the queue, 1 for the next. */
  position: number;
  reason: Problem;
  /** When it will start, about: epoch milliseconds; `null`: no end of a job that is known would make room. */
  startsAt: number | null;
  /** What would be reserved for it, MiB. */
  peakMiB: number;
}

/** Expected times in steps, so that what moves a little with every sample is not sent with every sample. */
const STEP_MS = 5000;

/** Why each waiting job waits, by the room that admission reads. Pure. */
export function viewWaiting(
  state: CapacityState,
  isKnown: boolean,
  nowMs: number,
  policy: Policy,
): Map<string, WaitingView> {
  if (state.waiting.length === 0) return new Map();
  const { demands, reservations } = roomsOf(state, nowMs, policy);
  const running = state.running;
  return new Map(
    state.waiting.map((job, i) => {
      const placing = placingOf(job, state, nowMs, policy);
      const peakMiB = Math.ceil(placing.wish.needMiB);
      const view = { position: i + 1, peakMiB, startsAt: null };
      if (!isKnown) return [job.id, { ...view, reason: problem("not-sampling") }];
      if (fitsNever(state.gpus, placing.figure, job))
        return [job.id, { ...view, reason: neverProblem(job, placing.figure.mib, state.gpus) }];
      const isFree = place(demands, [], placing, policy) !== null;
      const isKept = reservations.some(({ jobId }) => jobId !== job.id);
      const reason = isFree && isKept ? outranked(demands, placing) : whyNot(job, demands, placing);
      const opens = openings(demands, running, placing, nowMs)[job.gpuCount - 1]?.atMs;
      const startsAt = opens === undefined ? null : Math.ceil(Math.max(opens, nowMs) / STEP_MS) * STEP_MS;
      return [job.id, { ...view, startsAt, reason }];
    }),
  );
}

function outranked(demands: readonly GpuDemand[], { wish }: Placing): Problem {
  const [best] = [...demands].sort((a, b) => seatOn(b, wish).leftMiB - seatOn(a, wish).leftMiB);
  return problem("outranked", { gpu: best?.index ?? 0 });
}

/** By the GPU that decides: for a job on k GPUs the k-th best. */
function whyNot({ gpuCount, on }: WaitingJob, demands: readonly GpuDemand[], { wish }: Placing): Problem {
  const byRoom = demands
    .filter(({ index }) => on.length === 0 || on.includes(index))
    .map((demand) => ({ demand, left: seatOn(demand, wish).leftMiB }))
    .sort((a, b) => b.left - a.left || a.demand.index - b.demand.index);
  const decides = byRoom[gpuCount - 1];
  if (decides === undefined) return problem("not-sampling");
  const { demand, left } = decides;
  if (demand.isUnsettled) return problem("list-needed", { gpu: demand.index });
  const isAlone = demand.holders.every(({ isActive }) => !isActive);
  const { freeMiB, promisedMiB, reserveMiB, roomMiB } = roomOf(demand, isAlone);
  const needed = Number.isFinite(left) ? roomMiB - left : wish.needMiB;
  return problem("no-room", {
    gpu: demand.index,
    free: Math.floor(freeMiB),
    promised: Math.ceil(promisedMiB),
    reserve: reserveMiB,
    peak: Math.ceil(needed),
    missing: Math.ceil(needed - roomMiB),
  });
}
