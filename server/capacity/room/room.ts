import { commitmentMiB, declaredMiB, indexOfHolder } from "../demand/demand.ts";
import { type GpuDemand, NOBODY, type Share } from "../model.ts";

/** What one more job would take on a GPU: who asks, from where, and how much. */
export interface Wish {
  asker: string;
  pid: number | null;
  backend: string | null;
  key: string;
  mib: number;
  needMiB: number;
  /** What 2, 3 … such jobs in one process need together, as far as it is known. */
  sumsMiB: readonly number[];
  /** Nothing is known of it: it wants a GPU on which nobody runs. */
  isUnknown: boolean;
}

/** The lines of the explanation: `room = free − promised − reserve`. */
export interface RoomTerms {
  freeMiB: number;
  promisedMiB: number;
  reserveMiB: number;
  roomMiB: number;
}

/** The one formula. The reserve is not kept against a job that is alone. */
export function roomOf(demand: GpuDemand, isAlone: boolean): RoomTerms {
  const { freeMiB, holders } = demand;
  let promisedMiB = 0;
  for (const holder of holders) promisedMiB += commitmentMiB(holder) - holder.heldMiB;
  const reserveMiB = isAlone ? 0 : demand.reserveMiB;
  return { freeMiB, promisedMiB, reserveMiB, roomMiB: freeMiB - promisedMiB - reserveMiB };
}

export interface Seat {
  /** What is reserved for the job. */
  figureMiB: number;
  /** What it adds to what is promised. */
  costMiB: number;
  /** Room left when it is seated; negative: it does not fit, by so much. */
  leftMiB: number;
}

/** What a job would take on one GPU, and what would be left. What its own process holds counts for it. */
export function seatOn(demand: GpuDemand, wish: Wish): Seat {
  const own = ownHolder(demand, wish);
  const isAlone = demand.holders.every(({ isActive }, i) => !isActive || (i === own && demand.pool === null));
  const waits = demand.isUnsettled && demand.movedFor !== wish.asker;
  const { roomMiB } = roomOf(demand, isAlone);
  const holder = demand.holders[own] ?? NOBODY;
  const ownMiB = ownUnlisted(demand, wish);
  const freedMiB = commitmentMiB(holder) + ownMiB;
  const mostMiB = roomMiB + freedMiB - declaredMiB(holder.jobs);
  // The margin gives way to what the empty card gives: a job that fits alone must not wait for ever.
  const capped = Math.max(wish.mib, Math.min(wish.needMiB, demand.givesMiB));
  const figureMiB = wish.isUnknown ? Math.max(1, mostMiB - demand.reserveMiB) : capped;
  const jobs = [...holder.jobs, shareOf(demand, wish, figureMiB)];
  const costMiB = Math.max(holder.heldMiB + ownMiB, declaredMiB(jobs)) - freedMiB;
  const isBarred = waits || (wish.isUnknown && (!isAlone || holder.jobs.length > 0));
  return { figureMiB, costMiB, leftMiB: isBarred ? Number.NEGATIVE_INFINITY : roomMiB - costMiB };
}

/** The demand once the job is seated. */
export function withSeat(demand: GpuDemand, wish: Wish, figureMiB: number): GpuDemand {
  const own = ownHolder(demand, wish);
  const { pid, backend } = wish;
  const before = demand.holders[own] ?? { ...NOBODY, pid, backend };
  const ownMiB = ownUnlisted(demand, wish);
  const after = {
    ...before,
    heldMiB: before.heldMiB + ownMiB,
    jobs: [...before.jobs, shareOf(demand, wish, figureMiB)],
    isActive: true,
  };
  const holders = demand.holders.map((holder, i) => {
    if (i === own) return after;
    const isUnlisted = demand.pool !== null && i === 0;
    return isUnlisted
      ? { ...holder, heldMiB: holder.heldMiB - ownMiB, expectMiB: holder.expectMiB - ownMiB }
      : holder;
  });
  const owned = ownMiB > 0 ? new Map([...demand.owned].filter(([who]) => who !== wish.asker)) : demand.owned;
  return { ...demand, owned, holders: own < 0 ? [...holders, after] : holders };
}

/** Where no process is named, nobody knows which jobs share one. */
function shareOf({ pool }: GpuDemand, { key, sumsMiB }: Wish, figureMiB: number): Share {
  return { key, figureMiB, sumsMiB: pool === null ? sumsMiB : [] };
}

function ownHolder({ pool, holders }: GpuDemand, { pid, backend }: Wish): number {
  return pool ?? indexOfHolder(holders, pid, backend);
}

/** Where no process is named, what the asker's own process has kept counts for its next job. */
export function ownUnlisted(
  { pool, owned, holders }: GpuDemand,
  { asker, pid, backend, needMiB }: Wish,
): number {
  if (pool === null || (pid === null && backend === null)) return 0;
  return Math.min(needMiB, owned.get(asker) ?? 0, holders[0]?.heldMiB ?? 0);
}
