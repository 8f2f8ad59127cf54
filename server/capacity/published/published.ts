import { admit } from "../admission/admit.ts";
import { withoutTicketOf } from "../admission/tickets.ts";
import { placingOf } from "../admission/wish.ts";
import type { CapacityState, GpuDemand, GpuTrack, JobAsk, TenantState } from "../model.ts";
import type { Policy } from "../policy.ts";
import { place, type Reservation } from "../room/place.ts";
import { roomOf } from "../room/room.ts";
import { ownPeakMiB } from "../tracking/tenant.ts";
import { type FitOnGpu, fitOn, type IdleResident, nextJobIn } from "./fit-on.ts";

/** One room per GPU, computed once: what everything that is said of capacity is read from. */
export interface Rooms {
  demands: readonly GpuDemand[];
  reservations: readonly Reservation[];
  residents: readonly ResidentOn[];
}

export interface ResidentOn {
  gpu: number;
  pid: number;
  backend: string | null;
  name: string | null;
  state: TenantState;
  nextJob: { fits: number; needsMiB: number | null };
}

/** Below this a process keeps nothing worth naming: a context, a desktop. MiB. */
const LEAST_MIB = 100;

/** The rooms after those who wait have been let in as far as they fit. @param asker whose own ticket does not count */
export function roomsOf(state: CapacityState, nowMs: number, policy: Policy, asker: string | null = null): Rooms {
  const seen = asker === null ? state : withoutTicketOf(state, asker);
  const { demands, reservations, state: after } = admit(seen, nowMs, policy);
  const busy = new Set([...after.running, ...after.waiting].map(({ pid }) => pid));
  const residents = after.gpus.flatMap((track) => residentsOn(track, demands, busy));
  return { demands, reservations, residents };
}

function residentsOn(
  track: GpuTrack,
  demands: readonly GpuDemand[],
  busy: ReadonlySet<number | null>,
): ResidentOn[] {
  const demand = demands.find(({ index }) => index === track.evidence.index);
  if (track.kind !== "listed" || demand === undefined) return [];
  return track.tenants
    .filter(({ heldMiB }) => heldMiB >= LEAST_MIB)
    .map((tenant) => {
      const { pid, backend, name } = tenant;
      const state = busy.has(pid) ? "running" : tenant.state;
      const peakMiB = ownPeakMiB(tenant) ?? (state === "idle" ? tenant.heldMiB : null);
      const next = nextJobIn(demand, tenant, peakMiB);
      const nextJob = state === "idle" ? next : { ...next, fits: 0 };
      return { gpu: demand.index, pid, backend, name, state, nextJob };
    });
}

/** How many jobs of one kind would be let in one after the other: on each GPU by itself, and over all in one loop. */
export interface PublishedFit {
  canStart: number;
  gpus: FitOnGpu[];
}

export function publishedFit(
  rooms: Rooms,
  ask: JobAsk,
  state: CapacityState,
  nowMs: number,
  policy: Policy,
): PublishedFit {
  const placing = placingOf(ask, state, nowMs, policy);
  const idle = isAsker(ask) ? [] : idleResidents(rooms);
  const gpus = rooms.demands.map((demand) => fitOn(demand, placing, idle, policy));
  if (ask.gpuCount === 1 && rooms.reservations.length === 0 && ask.on.length === 0) {
    return { canStart: gpus.reduce((sum, { canStart }) => sum + canStart, 0), gpus };
  }
  return { canStart: countLoop(rooms, placing, ask.gpuCount === 1 ? idle : [], policy), gpus };
}

const isAsker = ({ pid, backend }: JobAsk) => pid !== null || backend !== null;
const idleResidents = ({ residents }: Rooms): IdleResident[] => residents.filter(({ state }) => state === "idle");

const MOST = 512;

function countLoop(
  rooms: Rooms,
  placing: ReturnType<typeof placingOf>,
  idle: readonly IdleResident[],
  policy: Policy,
): number {
  let { demands, reservations } = rooms;
  let count = 0;
  const tryOne = (one: typeof placing) => {
    const placed = place(demands, reservations, one, policy);
    if (placed === null) return false;
    ({ demands, reservations } = placed);
    count++;
    return true;
  };
  for (const { gpu, pid, backend } of idle) {
    const isAllowed = placing.on.length === 0 || placing.on.includes(gpu);
    if (isAllowed) tryOne({ ...placing, on: [gpu], wish: { ...placing.wish, pid, backend } });
  }
  while (count < MOST && tryOne(placing));
  return count;
}

/** What running jobs and other programs will still take on each GPU. MiB. */
export const promisedOn = (demand: GpuDemand): number => roomOf(demand, false).promisedMiB;
