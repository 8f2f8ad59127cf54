import type { CapacityState } from "../model.ts";
import type { Policy } from "../policy.ts";
import { seatOn } from "../room/room.ts";
import { demandsOf } from "./admit.ts";
import { placingOf, runningJob } from "./wish.ts";

/** Lets a waiting job start where there is the most room, though it is not enough: who runs waits for it. Pure. */
export function letGo(state: CapacityState, id: string, nowMs: number, policy: Policy): CapacityState {
  const found = state.waiting.find((job) => job.id === id);
  if (found === undefined) return state;
  const { turn: _, ...job } = found;
  const placing = placingOf(job, state, policy);
  const seats = demandsOf(state, policy)
    .filter(({ index }) => job.on.length === 0 || job.on.includes(index))
    .map((demand) => ({ gpu: demand.index, leftMiB: seatOn(demand, placing.wish).leftMiB }))
    .sort((a, b) => b.leftMiB - a.leftMiB);
  const gpus = seats.slice(0, job.gpuCount).map(({ gpu }) => gpu);
  if (gpus.length < job.gpuCount) return state;
  const placed = { gpus, figureMiB: placing.figure.needMiB, figures: new Map() };
  return {
    ...state,
    running: [...state.running, runningJob(job, placed, placing, 0, nowMs)],
    waiting: state.waiting.filter((one) => one.id !== id),
  };
}
