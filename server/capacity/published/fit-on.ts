import { commitmentMiB } from "../demand/demand.ts";
import type { GpuDemand } from "../model.ts";
import type { Policy } from "../policy.ts";
import { type Placing, place } from "../room/place.ts";
import { roomOf, seatOn } from "../room/room.ts";

/** A process or backend that is there and has nothing to do: a job may start in it. */
export interface IdleResident {
  gpu: number;
  pid: number;
  backend: string | null;
}

/** How many jobs of one kind one loop lets in on one GPU, and every figure of the sum. MiB. */
export interface FitOnGpu {
  index: number;
  canStart: number;
  /** Of them, in idle residents, one each. */
  inResidents: number;
  freeMiB: number;
  promisedMiB: number;
  /** What the jobs in residents take beyond what those hold. */
  residentsMiB: number;
  /** Not kept against a job that is alone. */
  reserveMiB: number;
  perJobMiB: number;
}

/** More than any card takes; a job without a figure must not be counted for ever. */
const MOST = 64;

/**
 * One GPU by itself, as if the job needed this one alone: idle residents first, one job each, then beside them. What
 * comes out adds up: free − promised − residents − reserve = room, and its whole parts are `canStart − inResidents`.
 */
export function fitOn(
  demand: GpuDemand,
  placing: Placing,
  residents: readonly IdleResident[],
  policy: Policy,
): FitOnGpu {
  const { index, freeMiB } = demand;
  const own = { ...placing, gpuCount: 1, on: [index] };
  const { now, inResidents, residentsMiB } = inEach(demand, own, residents, policy);
  const before = roomOf(now, false);
  const first = seatOn(now, own.wish);
  const beside = countBeside(now, own, policy);
  const perJobMiB = Math.ceil(beside > 0 || first.figureMiB > 0 ? first.figureMiB : own.wish.needMiB);
  // The reserve is kept beside somebody: beside the first of several, or beside who runs already.
  const withoutMiB = before.freeMiB - before.promisedMiB;
  const isAlone = now.holders.every(({ isActive }) => !isActive);
  const keeps = !isAlone || beside > 1 || (beside === 1 && withoutMiB - demand.reserveMiB >= perJobMiB);
  return {
    index,
    canStart: inResidents + beside,
    inResidents,
    freeMiB,
    promisedMiB: roomOf(demand, false).promisedMiB,
    residentsMiB,
    reserveMiB: keeps ? demand.reserveMiB : 0,
    perJobMiB,
  };
}

function inEach(
  demand: GpuDemand,
  placing: Placing,
  residents: readonly IdleResident[],
  policy: Policy,
): { now: GpuDemand; inResidents: number; residentsMiB: number } {
  let now = demand;
  let inResidents = 0;
  let residentsMiB = 0;
  for (const { gpu, pid, backend } of residents) {
    if (gpu !== demand.index) continue;
    const wish = { ...placing.wish, pid, backend };
    const { costMiB } = seatOn(now, wish);
    const placed = place([now], [], { ...placing, wish }, policy);
    const [after] = placed?.demands ?? [];
    if (after === undefined) continue;
    now = after;
    inResidents++;
    residentsMiB += costMiB;
  }
  return { now, inResidents, residentsMiB };
}

function countBeside(demand: GpuDemand, placing: Placing, policy: Policy): number {
  let now = demand;
  for (let n = 0; n < MOST; n++) {
    const [after] = place([now], [], placing, policy)?.demands ?? [];
    if (after === undefined) return n;
    now = after;
  }
  return MOST;
}

/** What one more job of its own would take in a resident beyond what it holds, and whether there is room. MiB. */
export function nextJobIn(
  demand: GpuDemand,
  { pid, backend }: { pid: number; backend: string | null },
  peakMiB: number | null,
): { fits: number; needsMiB: number | null } {
  const holder = demand.holders.find((one) => one.pid === pid);
  if (peakMiB === null || holder === undefined) return { fits: 0, needsMiB: null };
  const wish = { asker: "", pid, backend, mib: peakMiB, needMiB: peakMiB, isUnknown: false };
  const needsMiB = Math.max(0, Math.ceil(peakMiB - commitmentMiB(holder)));
  return { fits: seatOn(demand, wish).leftMiB >= 0 ? 1 : 0, needsMiB };
}
