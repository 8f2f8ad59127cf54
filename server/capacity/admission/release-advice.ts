import type { CapacityState, GpuDemand, GpuTrack, Tenant } from "../model.ts";
import type { Policy } from "../policy.ts";
import { seatOn, type Wish } from "../room/room.ts";
import { placingOf } from "./wish.ts";

/** An idle resident that would have to release for a waiting job. */
export interface ReleaseAdvice {
  jobId: string;
  gpu: number;
  pid: number;
  backend: string;
}

/** A CUDA context stays when a backend has released. */
const KEPT_MIB = 600;

/** Who would have to leave for the first waiting job that this can help: idle the longest first, as few as suffice. */
export function releaseAdvice(
  state: CapacityState,
  demands: readonly GpuDemand[],
  nowMs: number,
  policy: Policy,
): ReleaseAdvice[] {
  if (policy.releaseOnRequest.size === 0) return [];
  for (const job of state.waiting) {
    const { wish, gpuCount, on } = placingOf(job, state, policy);
    const ways = state.gpus.flatMap((track) => {
      const demand = demands.find(({ index }) => index === track.evidence.index);
      if (demand === undefined || (on.length > 0 && !on.includes(demand.index))) return [];
      const who = whoMustLeave(track, demand, wish, nowMs, policy);
      return who === null ? [] : [{ gpu: demand.index, who }];
    });
    if (ways.length < gpuCount) continue;
    const fewest = ways.sort((a, b) => a.who.length - b.who.length).slice(0, gpuCount);
    return fewest.flatMap(({ gpu, who }) =>
      who.flatMap(({ pid, backend }) => (backend === null ? [] : [{ jobId: job.id, gpu, pid, backend }])),
    );
  }
  return [];
}

function whoMustLeave(
  track: GpuTrack,
  demand: GpuDemand,
  wish: Wish,
  nowMs: number,
  policy: Policy,
): Tenant[] | null {
  if (track.kind !== "listed" || wish.isUnknown) return null;
  let missing = -seatOn(demand, wish).leftMiB;
  const chosen: Tenant[] = [];
  const able = track.tenants
    .filter((tenant) => mayBeAsked(tenant, wish, nowMs, policy))
    .sort((a, b) => a.stateSinceMs - b.stateSinceMs);
  for (const tenant of able) {
    if (missing <= 0) break;
    chosen.push(tenant);
    missing -= tenant.heldMiB - KEPT_MIB;
  }
  if (missing > 0) return null;
  // A later one may make an earlier one needless.
  return chosen.filter(({ heldMiB }) => {
    const without = missing + heldMiB - KEPT_MIB;
    if (without > 0) return true;
    missing = without;
    return false;
  });
}

function mayBeAsked(tenant: Tenant, wish: Wish, nowMs: number, policy: Policy): boolean {
  const { backend, pid, state, stateSinceMs, heldMiB, askedToReleaseMs } = tenant;
  return (
    backend !== null &&
    policy.releaseOnRequest.has(backend) &&
    pid !== wish.pid &&
    backend !== wish.backend &&
    state === "idle" &&
    nowMs - stateSinceMs >= policy.releaseIdleMs &&
    heldMiB > KEPT_MIB &&
    (askedToReleaseMs === null || nowMs - askedToReleaseMs >= policy.releaseAgainMs)
  );
}
