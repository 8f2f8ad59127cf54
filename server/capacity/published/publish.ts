import type { Resident } from "../../../shared/protocol/state.ts";
import { type Admitted, admit } from "../admission/admit.ts";
import { placingOf } from "../admission/wish.ts";
import { commitmentMiB } from "../demand/demand.ts";
import {
  type CapacityState,
  type GpuDemand,
  type GpuTrack,
  type JobClass,
  NOBODY,
  type RunningJob,
  type Tenant,
} from "../model.ts";
import type { Policy } from "../policy.ts";
import { fitsNever } from "../room/never.ts";
import { type Placing, place } from "../room/place.ts";
import { roomOf, seatOn, type Wish } from "../room/room.ts";
import { ownPeakMiB } from "../tracking/tenant.ts";

/**
 * The explanation's lines of one GPU, MiB: `room = free − promised − residents − reserve`, and `beside` its whole parts,
 * where no GPU is kept for a waiting job and the job needs this GPU alone.
 */
export interface PublishedGpu {
  index: number;
  freeMiB: number;
  promisedMiB: number;
  /** What the jobs in residents take beyond what those hold. */
  residentsMiB: number;
  reserveMiB: number;
  roomMiB: number;
  /** `null`: nothing is known of the job, so that it starts alone. */
  perJobMiB: number | null;
  /** Jobs that the one loop puts here: in idle residents first, one each, then beside. */
  canStart: number;
  inIt: number;
  beside: number;
  /** Jobs that run: declared ones, and tenants that compute without one. */
  running: number;
  residents: readonly Resident[];
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
  /** Who asks for a job of his own: what his process or backend holds counts for it, and no resident of others does. */
  asker?: { asker: string; pid: number | null; backend: string | null };
}

/** More than this is not counted. */
const MOST = 64;
const NOBODY_ASKS = { id: "published", asker: "", pid: null, backend: null, on: [] };

/** What state, panel and metrics show of one kind of job. Reads the room that admission reads. */
export function publish(
  state: CapacityState,
  { jobClass, gpuCount = 1, asker }: Question,
  policy: Policy,
  pass: Admitted = admit(state, policy),
): Published {
  const ask = { ...NOBODY_ASKS, ...asker, jobClass, gpuCount };
  const { figure, ...placing } = placingOf(ask, pass.state, policy);
  const isNever = fitsNever(state.gpus, figure, ask);
  const residents = asker === undefined ? pass.state.gpus : [];
  const seats = isNever ? { inIt: [], beside: [] } : seatAll(pass, placing, residents, policy);
  const perGpu = pass.demands.map((demand): PublishedGpu => {
    const { index } = demand;
    const track = state.gpus.find(({ evidence }) => evidence.index === index);
    const own = seats.inIt.filter(({ gpu }) => gpu === index);
    const residentsMiB = own.reduce((sum, { costMiB }) => sum + costMiB, 0);
    const beside = seats.beside.filter((gpus) => gpus.includes(index)).length;
    return {
      index,
      ...termsOf(demand, placing.wish, residentsMiB, beside),
      ...{ canStart: own.length + beside, inIt: own.length, beside },
      running: runningOn(track, pass.state.running),
      residents: track === undefined ? [] : residentsOn(track, demand, placing.wish, policy),
    };
  });
  const [inIt, beside] = [seats.inIt.length, seats.beside.length];
  return { isNever, canStart: inIt + beside, inIt, beside, perGpu };
}

interface Seats {
  /** GPU of each idle resident that can take a job, and what that adds to what it holds. */
  inIt: readonly { gpu: number; costMiB: number }[];
  /** GPUs of each job beside. */
  beside: readonly (readonly number[])[];
}

/** The one loop: one job in each idle resident, then as many beside as there is room for. */
function seatAll(pass: Admitted, placing: Placing, tracks: readonly GpuTrack[], policy: Policy): Seats {
  let { demands, reservations } = pass;
  const inIt: { gpu: number; costMiB: number }[] = [];
  const beside: number[][] = [];
  const demandOn = (gpu: number) => demands.find(({ index }) => index === gpu);
  for (const { tenant, gpus } of idleResidents(tracks, placing, policy)) {
    const wish = inside(tenant, ownPeakMiB(tenant) ?? placing.wish.needMiB, placing.wish);
    const its = { ...placing, wish, on: gpus, gpuCount: gpus.length };
    const placed = place(demands, reservations, its, policy);
    if (placed === null) continue;
    const gpu = Math.min(...gpus);
    const demand = demandOn(gpu);
    inIt.push({ gpu, costMiB: demand === undefined ? 0 : Math.max(0, seatOn(demand, wish).costMiB) });
    ({ demands, reservations } = placed);
  }
  for (const track of placing.gpuCount > 1 ? [] : tracks) {
    const gpu = track.evidence.index;
    const demand = demandOn(gpu);
    const seat = demand === undefined ? null : unlistedSeat(track, demand, policy);
    if (seat === null || !seat.fits || seat.state !== "idle" || demand?.isUnsettled === true) continue;
    inIt.push({ gpu, costMiB: seat.costMiB });
    demands = demands.map((one) => (one.index === gpu ? seat.after : one));
  }
  const isOwn = placing.wish.pid !== null || placing.wish.backend !== null;
  if (placing.gpuCount === 1 && reservations.length === 0 && !isOwn) {
    for (const demand of demands)
      for (let n = besideOn(demand, placing.wish); n > 0; n--) beside.push([demand.index]);
    return { inIt, beside };
  }
  while (beside.length < MOST) {
    const placed = place(demands, reservations, placing, policy);
    if (placed === null) break;
    ({ demands, reservations } = placed);
    beside.push(placed.gpus);
  }
  return { inIt, beside };
}

/**
 * How often the loop would seat strangers of one kind on one GPU: where nothing is kept for others each takes the same,
 * and the reserve is kept from the second on, or from the first beside somebody.
 */
function besideOn(demand: GpuDemand, wish: Wish): number {
  const { figureMiB, leftMiB } = seatOn(demand, wish);
  if (leftMiB < 0) return 0;
  if (wish.isUnknown) return 1;
  const { roomMiB } = roomOf(demand, false);
  return Math.min(MOST, Math.max(1, Math.floor(roomMiB / Math.max(1, figureMiB))));
}

/** Processes that wait for a job of theirs: a browser's few hundred MiB are none. */
function idleResidents(tracks: readonly GpuTrack[], { gpuCount }: Placing, policy: Policy) {
  const found = new Map<number, { tenant: Tenant; gpus: number[] }>();
  for (const track of tracks) {
    if (track.kind === "hidden") continue;
    for (const tenant of track.tenants) {
      const works = tenant.backend !== null || tenant.peaks.length > 0 || tenant.heldMiB > policy.aloneMiB;
      if (tenant.state !== "idle" || !works) continue;
      const gpus = [...(found.get(tenant.pid)?.gpus ?? []), track.evidence.index];
      found.set(tenant.pid, { tenant: found.get(tenant.pid)?.tenant ?? tenant, gpus });
    }
  }
  return [...found.values()].filter(({ gpus }) => gpus.length >= gpuCount);
}

function inside({ pid, backend }: Pick<Tenant, "pid" | "backend">, mib: number, { asker }: Wish): Wish {
  return { asker, pid, backend, key: "", mib, needMiB: mib, sumsMiB: [], isUnknown: false };
}

/**
 * Where no process is named, what has worked there before can do so again: its next job needs what it reached then,
 * beside declared jobs and what was promised.
 */
function unlistedSeat(track: GpuTrack, demand: GpuDemand, { aloneMiB }: Policy) {
  if (track.kind === "listed" || track.unlisted.otherMiB <= aloneMiB) return null;
  const { state, peaks, otherMiB } = track.unlisted;
  const [first = NOBODY, ...others] = demand.holders;
  const isAlone = others.every(({ isActive }) => !isActive);
  const taken = others.reduce((sum, one) => sum + commitmentMiB(one), isAlone ? 0 : demand.reserveMiB);
  const needsMiB = Math.max(0, ...peaks);
  const after = { ...first, expectMiB: Math.max(first.expectMiB, needsMiB), isActive: true };
  return {
    ...{ state, needsMiB, costMiB: Math.max(0, needsMiB - otherMiB) },
    fits: peaks.length > 0 && demand.emptyMiB - taken >= needsMiB,
    after: { ...demand, holders: [after, ...others] },
  };
}

function residentsOn(track: GpuTrack, demand: GpuDemand, wish: Wish, policy: Policy): Resident[] {
  if (track.kind === "listed") return track.tenants.map((tenant) => residentOf(tenant, demand, wish));
  const seat = unlistedSeat(track, demand, policy);
  if (seat === null) return [];
  const { state, needsMiB, fits } = seat;
  return [shown({ pid: null, backend: null, name: `GPU ${demand.index}`, state }, fits, needsMiB)];
}

/** In it: whether its own last peak fits. Nothing known of it: the job's figure. */
function residentOf(tenant: Tenant, demand: GpuDemand, wish: Wish): Resident {
  const needsMiB = ownPeakMiB(tenant) ?? wish.needMiB;
  return shown(tenant, seatOn(demand, inside(tenant, needsMiB, wish)).leftMiB >= 0, needsMiB);
}

/** Of one that works what it needs rises with every sample, and nobody can start there. */
function shown(
  { backend, pid, name, state }: Omit<Resident, "nextJob">,
  fits: boolean,
  needsMiB: number,
): Resident {
  const nextJob =
    state === "idle" ? { fits: fits ? 1 : 0, needsMiB: Math.ceil(needsMiB) } : { fits: 0, needsMiB: null };
  return { backend, pid, name, state, nextJob };
}

/** The lines as they decide: the reserve is kept beside somebody, and gives way to one that is alone. */
function termsOf(demand: GpuDemand, wish: Wish, residentsMiB: number, beside: number) {
  const { freeMiB, promisedMiB, roomMiB } = roomOf(demand, false);
  const perJobMiB = wish.isUnknown ? null : seatOn(demand, wish).figureMiB;
  const withReserve = Math.floor((roomMiB - residentsMiB) / Math.max(1, perJobMiB ?? 1));
  const isAlone = residentsMiB === 0 && demand.holders.every(({ isActive }) => !isActive);
  const gaveWay = isAlone && beside <= 1 && withReserve < 1;
  const reserveMiB = gaveWay ? 0 : demand.reserveMiB;
  const lines = { freeMiB, promisedMiB, residentsMiB, reserveMiB, perJobMiB };
  return { ...lines, roomMiB: freeMiB - promisedMiB - residentsMiB - reserveMiB };
}

function runningOn(track: GpuTrack | undefined, running: readonly RunningJob[]): number {
  if (track === undefined) return 0;
  const here = running.filter(({ gpus }) => gpus.includes(track.evidence.index));
  if (track.kind === "hidden") return here.length + (track.unlisted.state === "running" ? 1 : 0);
  const declared = new Set(here.map(({ pid }) => pid));
  const others = track.tenants.filter(({ pid, state }) => state === "running" && !declared.has(pid));
  return here.length + others.length;
}
