import { demandOf } from "../demand/demand.ts";
import type { CapacityState, GpuDemand, GpuTrack, RunningJob } from "../model.ts";
import type { Policy } from "../policy.ts";
import type { Reservation } from "../room/place.ts";
import { runQueue } from "./queue.ts";

export interface Admitted {
  state: CapacityState;
  started: readonly RunningJob[];
  /** Before the pass and after it. */
  before: readonly GpuDemand[];
  demands: readonly GpuDemand[];
  reservations: readonly Reservation[];
}

export function demandsOf(state: CapacityState, policy: Policy): GpuDemand[] {
  return state.gpus.map((track) => demandOf(track, state.running, state.tickets, state.atMs, policy));
}

/**
 * One pass over the queue on what the last sample and list told. The loop behind every yes, shown or given.
 * @param startedMs what those who start now are stamped with
 */
export function admit(state: CapacityState, policy: Policy, startedMs = state.atMs): Admitted {
  const before = demandsOf(state, policy);
  const { started, waiting, demands, reservations } = runQueue(state, before, policy, startedMs);
  if (started.length === 0) return { state: { ...state, waiting }, started, before, demands, reservations };
  const turns = state.waiting
    .filter(({ id }) => started.some((job) => job.id === id))
    .map(({ turn }) => turn);
  return {
    state: {
      ...state,
      gpus: state.gpus.map((track) => started.reduce(takeOwn, track)),
      running: [...state.running, ...started],
      waiting,
      fair: { ...state.fair, now: Math.max(state.fair.now, ...turns) },
    },
    started,
    before,
    demands,
    reservations,
  };
}

/** Where nobody is named, what the job's process held already is the job's from now on. */
function takeOwn(track: GpuTrack, { gpus, ownMiB, asker }: RunningJob): GpuTrack {
  if (track.kind !== "hidden" || !gpus.includes(track.evidence.index) || ownMiB === 0) return track;
  const owned = new Map(track.unlisted.owned);
  owned.delete(asker);
  return { ...track, unlisted: { ...track.unlisted, owned, otherMiB: track.unlisted.otherMiB - ownMiB } };
}

/** Has every GPU been listed with this sample, as far as it can be? A list that failed does not stop starts. */
export function isFresh({ gpus, atMs }: CapacityState, policy: Policy): boolean {
  return gpus.every((track) => {
    const { failedMs } = track;
    if (track.kind === "hidden") return failedMs !== null && atMs - failedMs <= policy.listAgeMs;
    if (failedMs === atMs) return true;
    return policy.freshList ? track.listedMs === atMs : atMs - track.listedMs <= policy.listAgeMs;
  });
}
