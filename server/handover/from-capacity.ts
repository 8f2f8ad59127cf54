import { placingOf } from "../capacity/admission/wish.ts";
import type { CapacityState, GpuDemand } from "../capacity/model.ts";
import type { Policy } from "../capacity/policy.ts";
import { roomOf, seatOn } from "../capacity/room/room.ts";
import type { Lack, Resident, Seen } from "./model.ts";

/** What one step of capacity says of who holds what, who waits, and what is missing. Pure. */
export function fromCapacity(
  state: CapacityState,
  demands: readonly GpuDemand[],
  policy: Policy,
  around: {
    labelOf(jobId: string): string;
    /** The backend whose process asked for a job. */
    askedFrom(jobId: string): string | null;
  },
): Pick<Seen, "residents" | "lacks" | "gpus" | "othersWork" | "runningIn"> {
  const residents = state.gpus.flatMap((track): Resident[] =>
    track.kind === "hidden"
      ? []
      : track.tenants.map(({ pid, backend, heldMiB, state: now, stateSinceMs }) => ({
          ...{ gpu: track.evidence.index, pid, backend, heldMiB },
          idleSinceMs: now === "idle" ? stateSinceMs : null,
        })),
  );
  const lacks = state.waiting.map((job): Lack => {
    const { wish, gpuCount, on } = placingOf(job, state, policy);
    const { id: jobId, pid, backend, askedMs } = job;
    const usable = demands.filter(({ index }) => on.length === 0 || on.includes(index));
    return {
      ...{ jobId, askedMs, pid, backend, gpuCount },
      label: around.labelOf(jobId),
      from: around.askedFrom(jobId),
      // Of what nothing is known, nobody can say what would be enough.
      missing: wish.isUnknown
        ? []
        : usable.map((demand) => ({ gpu: demand.index, mib: -seatOn(demand, wish).leftMiB })),
    };
  });
  const unlistedWorks = state.gpus.some(
    (track) => track.kind === "hidden" && track.unlisted.state !== "idle",
  );
  return {
    residents,
    lacks,
    gpus: demands.map((demand) => ({
      ...{ gpu: demand.index, freeMiB: demand.freeMiB, shortMiB: -roomOf(demand, false).roomMiB },
    })),
    othersWork:
      state.running.length + state.waiting.length > 0 ||
      unlistedWorks ||
      residents.some(({ backend, idleSinceMs }) => backend === null && idleSinceMs === null),
    runningIn: state.running.map(({ backend, pid }) => {
      const own = residents.find((one) => pid !== null && one.pid === pid);
      return backend ?? own?.backend ?? null;
    }),
  };
}
