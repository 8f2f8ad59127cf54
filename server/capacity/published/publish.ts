import { admit } from "../admission/admit.ts";
import { placingOf } from "../admission/wish.ts";
import type {
  Basis,
  CapacityState,
  GpuDemand,
  GpuTrack,
  JobClass,
  RunningJob,
  Tenant,
  TenantState,
} from "../model.ts";
import type { Policy } from "../policy.ts";
import { fitsNever } from "../room/never.ts";
import { type Placing, place, type Reservation } from "../room/place.ts";
import { roomOf, seatOn, type Wish } from "../room/room.ts";
import { ownPeakMiB } from "../tracking/tenant.ts";

/** Somebody who holds VRAM, and whether the next job fits in it. MiB. */
export interface PublishedResident {
  pid: number;
  backend: string | null;
  name: string | null;
  state: TenantState;
  heldMiB: number;
  nextJob: { fits: number; needsMiB: number };
}

/**
 * The explanation's lines of one GPU, MiB: `room = free − promised − reserve`, and `fits` its whole parts. What a GPU
 * kept for a waiting job would give is in `reservedFor`, not in the sum.
 */
export interface PublishedGpu {
  index: number;
  freeMiB: number;
  promisedMiB: number;
  reserveMiB: number;
  roomMiB: number;
  /** `null`: nothing is known of the job, so that it starts alone. */
  perJobMiB: number | null;
  basis: Basis;
  /** Whole parts of the room: jobs beside what is there. */
  fits: number;
  /** Jobs that the one loop puts here: in idle residents first, one each, then beside. */
  canStart: number;
  inIt: number;
  beside: number;
  /** Jobs that run: declared ones, and tenants that compute without one. */
  running: number;
  /** Held by nobody who is listed. */
  unattributedMiB: number;
  residents: readonly PublishedResident[];
  /** The waiting job for which the GPU is kept. */
  reservedFor: string | null;
  /** No process is named and what is there has moved lately: nobody is let in. */
  isUnsettled: boolean;
}

export interface Published {
  /** No GPU will ever be enough. */
  isNever: boolean;
  canStart: number;
  inIt: number;
  beside: number;
  perGpu: readonly PublishedGpu[];
}

export interface Question {
  jobClass: JobClass;
  gpuCount?: number;
  /** GPUs that it may use; empty: any. */
  on?: readonly number[];
}

/** More than this is not counted. */
const MOST = 64;
const NOBODY_ASKS = { id: "published", asker: "", pid: null, backend: null };

/** What state, panel and metrics show of one kind of job. Reads the room that admission reads. */
export function publish(
  state: CapacityState,
  { jobClass, gpuCount = 1, on = [] }: Question,
  nowMs: number,
  policy: Policy,
): Published {
  const pass = admit(state, nowMs, policy);
  const ask = { ...NOBODY_ASKS, jobClass, gpuCount, on };
  const { figure, ...placing } = placingOf(ask, pass.state, nowMs, policy);
  const isNever = fitsNever(state.gpus, figure, ask);
  const seats = isNever ? NO_SEATS : seatAll(pass, placing, policy);
  const perGpu = pass.demands.map((demand): PublishedGpu => {
    const track = state.gpus.find(({ evidence }) => evidence.index === demand.index);
    const residents = track?.kind === "listed" ? track.tenants : [];
    const inIt = seats.inIt.filter((index) => index === demand.index).length;
    const beside = seats.beside.filter((gpus) => gpus.includes(demand.index)).length;
    return {
      index: demand.index,
      ...termsOf(demand, placing.wish, isNever),
      basis: figure.basis,
      canStart: inIt + beside,
      inIt,
      beside,
      running: runningOn(track, pass.state.running),
      unattributedMiB: unattributedMiB(demand),
      residents: residents.map((tenant) => residentOf(tenant, demand, placing.wish)),
      reservedFor: pass.reservations.find(({ after }) => after.has(demand.index))?.jobId ?? null,
      isUnsettled: demand.isUnsettled,
    };
  });
  const [inIt, beside] = [seats.inIt.length, seats.beside.length];
  return { isNever, canStart: inIt + beside, inIt, beside, perGpu };
}

interface Seats {
  /** GPU of each idle resident that can take a job. */
  inIt: readonly number[];
  /** GPUs of each job beside. */
  beside: readonly (readonly number[])[];
}
const NO_SEATS: Seats = { inIt: [], beside: [] };

interface Pass {
  state: CapacityState;
  demands: readonly GpuDemand[];
  reservations: readonly Reservation[];
}

/** The one loop: one job in each idle resident, then as many beside as there is room for. */
function seatAll(pass: Pass, placing: Placing, policy: Policy): Seats {
  let { demands, reservations } = pass;
  const inIt: number[] = [];
  const beside: number[][] = [];
  for (const { tenant, gpus } of idleResidents(pass.state.gpus, placing, policy)) {
    const needMiB = ownPeakMiB(tenant) ?? placing.wish.needMiB;
    const wish = inside(tenant, needMiB, placing.wish);
    const placed = place(
      demands,
      reservations,
      { ...placing, wish, on: gpus, gpuCount: gpus.length },
      policy,
    );
    if (placed === null) continue;
    ({ demands, reservations } = placed);
    inIt.push(Math.min(...gpus));
  }
  while (beside.length < MOST) {
    const placed = place(demands, reservations, placing, policy);
    if (placed === null) break;
    ({ demands, reservations } = placed);
    beside.push(placed.gpus);
  }
  return { inIt, beside };
}

/** Processes that wait for a job of theirs: a browser's few hundred MiB are none. */
function idleResidents(tracks: readonly GpuTrack[], { on, gpuCount }: Placing, policy: Policy) {
  const found = new Map<number, { tenant: Tenant; gpus: number[] }>();
  for (const track of tracks) {
    const { index } = track.evidence;
    if (track.kind === "hidden" || (on.length > 0 && !on.includes(index))) continue;
    for (const tenant of track.tenants) {
      const works = tenant.backend !== null || tenant.peaks.length > 0 || tenant.heldMiB > policy.aloneMiB;
      if (tenant.state !== "idle" || !works) continue;
      const known = found.get(tenant.pid);
      if (known === undefined) found.set(tenant.pid, { tenant, gpus: [index] });
      else known.gpus.push(index);
    }
  }
  return [...found.values()].filter(({ gpus }) => gpus.length >= gpuCount);
}

function inside({ pid, backend }: Pick<Tenant, "pid" | "backend">, mib: number, { asker }: Wish): Wish {
  return { asker, pid, backend, key: "", mib, needMiB: mib, sumsMiB: [], isFirm: true, isUnknown: false };
}

/** In it: whether its own last peak fits, whatever its present job holds. Nothing known of it: the job's figure. */
function residentOf(tenant: Tenant, demand: GpuDemand, wish: Wish): PublishedResident {
  const { pid, backend, name, state, heldMiB } = tenant;
  const needsMiB = ownPeakMiB(tenant) ?? wish.needMiB;
  const holders = demand.holders.map((one) => (one.pid === pid ? { ...one, jobs: [] } : one));
  const { leftMiB } = seatOn({ ...demand, holders }, inside(tenant, needsMiB, wish));
  return { pid, backend, name, state, heldMiB, nextJob: { fits: leftMiB >= 0 ? 1 : 0, needsMiB } };
}

/** The lines as they decide. Alone, the reserve gives way where nothing would fit with it. */
function termsOf(demand: GpuDemand, wish: Wish, isNever: boolean) {
  const { freeMiB, promisedMiB, reserveMiB, roomMiB } = roomOf(demand, false);
  const lines = { freeMiB, promisedMiB, reserveMiB, roomMiB };
  const { figureMiB, leftMiB } = seatOn(demand, wish);
  if (wish.isUnknown) return { ...lines, perJobMiB: null, fits: leftMiB >= 0 && !isNever ? 1 : 0 };
  const fits = Math.max(0, Math.floor(roomMiB / Math.max(1, figureMiB)));
  if (leftMiB < 0 || isNever) return { ...lines, perJobMiB: figureMiB, fits: 0 };
  if (fits > 0) return { ...lines, perJobMiB: figureMiB, fits };
  return { ...roomOf(demand, true), perJobMiB: figureMiB, fits: 1 };
}

function runningOn(track: GpuTrack | undefined, running: readonly RunningJob[]): number {
  if (track === undefined) return 0;
  const here = running.filter(({ gpus }) => gpus.includes(track.evidence.index));
  if (track.kind === "hidden") return here.length + (track.unlisted.state === "running" ? 1 : 0);
  const declared = new Set(here.map(({ pid }) => pid));
  const others = track.tenants.filter(({ pid, state }) => state === "running" && !declared.has(pid));
  return here.length + others.length;
}

function unattributedMiB({ emptyMiB, freeMiB, holders }: GpuDemand): number {
  const heldMiB = holders.reduce((sum, holder) => sum + holder.heldMiB, 0);
  return Math.max(0, emptyMiB - freeMiB - heldMiB);
}
