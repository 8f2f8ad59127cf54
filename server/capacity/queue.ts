import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import { isRunning, isWaiting, type JobRecord } from "./job-record.ts";
import { type GpuNow, type Lease, type Room, roomOn } from "./room.ts";

/** One GPU while the queue is gone through. */
interface Place {
  gpu: GpuNow;
  leases: Lease[];
  /** `null`: its VRAM is not known. */
  room: Room | null;
  /** Room that is kept for the first waiting job, MiB. */
  claimedMiB: number;
}

/**
 * Admits what may start now and says of the rest why it waits. Pure.
 *
 * First come, first served: the queue is gone through in order of arrival, and a job starts when k of its GPUs have
 * room for its whole peak. The first one that must wait for running jobs to end keeps k GPUs for itself, at first those
 * with most room: a later job may go there only beside its whole peak. A GPU that is kept can only become emptier, so
 * that this job starts at the latest when what now runs on the GPUs it keeps has ended; then the next one is the first.
 * A job that waits for what other programs hold keeps nothing, for nobody's waiting would help it.
 */
export function admitWaiting(
  records: readonly JobRecord[],
  gpus: readonly GpuNow[],
  nowMs: number,
): JobRecord[] {
  const places = gpus.map((gpu): Place => {
    const leases = leasesOn(gpu.index, records);
    return { gpu, leases, room: roomOn(gpu, leases), claimedMiB: 0 };
  });
  let position = 0;
  let isKept = false;
  const byArrival = [...records].sort((a, b) => a.place - b.place);
  return byArrival.map((record) => {
    if (!isWaiting(record)) return record;
    const { job, allowed } = record;
    const known = places.filter(
      ({ gpu, room }) => room !== null && (allowed === null || allowed.includes(gpu.index)),
    );
    const fitting = known.filter((place) => leftOf(place) >= job.peakMiB);
    if (fitting.length >= job.gpuCount) return start(record, fitting.sort(quietestFirst), nowMs);
    const keeps = isKept ? [] : keepRoom(record, known);
    isKept ||= keeps.length > 0;
    return wait(record, keeps, ++position, whyNot(record, known));
  });
}

/** Leases on a GPU in the order of their admission. */
export function leasesOn(gpu: number, records: readonly JobRecord[]): Lease[] {
  return records
    .filter((record) => isRunning(record) && record.job.gpus.includes(gpu))
    .sort((a, b) => (a.job.startedAt ?? 0) - (b.job.startedAt ?? 0) || a.place - b.place)
    .map(({ job: { peakMiB, pid, backend }, usedBefore }) => ({
      peakMiB,
      pid,
      backend,
      usedBeforeMiB: usedBefore.find((one) => one.gpu === gpu)?.usedMiB ?? null,
    }));
}

const availableOn = ({ room }: Place) => room?.availableMiB ?? Number.NEGATIVE_INFINITY;
const leftOf = (place: Place) => availableOn(place) - place.claimedMiB;

/** Two jobs on one GPU slow each other down: a GPU with fewer comes first. */
function quietestFirst(a: Place, b: Place): number {
  return a.leases.length - b.leases.length || leftOf(b) - leftOf(a) || a.gpu.index - b.gpu.index;
}

function start(record: JobRecord, fitting: readonly Place[], nowMs: number): JobRecord {
  const chosen = fitting.slice(0, record.job.gpuCount);
  const { reason: _, ...job } = record.job;
  const { peakMiB, pid, backend } = job;
  for (const place of chosen) {
    place.leases.push({ peakMiB, pid, backend, usedBeforeMiB: place.gpu.usedMiB });
    place.room = roomOn(place.gpu, place.leases);
  }
  return {
    ...record,
    keeps: [],
    job: {
      ...job,
      state: "running",
      gpus: chosen.map(({ gpu }) => gpu.index).sort((a, b) => a - b),
      startedAt: nowMs,
      position: null,
    },
    usedBefore: chosen.map(({ gpu: { index, usedMiB } }) => ({ gpu: index, usedMiB })),
  };
}

/** The GPUs that the job keeps from now on: those of before, as long as it could start there if other jobs ended. */
function keepRoom({ job, keeps }: JobRecord, known: readonly Place[]): number[] {
  const { peakMiB, gpuCount } = job;
  const isKept = ({ gpu }: Place) => (keeps.includes(gpu.index) ? 0 : 1);
  const possible = known
    .filter(({ room }) => (room?.possibleMiB ?? 0) >= peakMiB)
    .sort((a, b) => isKept(a) - isKept(b) || leftOf(b) - leftOf(a) || a.gpu.index - b.gpu.index);
  if (possible.length < gpuCount) return [];
  const kept = possible.slice(0, gpuCount);
  for (const place of kept) place.claimedMiB += peakMiB;
  return kept.map(({ gpu }) => gpu.index);
}

function wait(record: JobRecord, keeps: number[], position: number, reason: Problem): JobRecord {
  const { job } = record;
  const isSame =
    job.position === position &&
    job.reason?.message === reason.message &&
    record.keeps.join() === keeps.join();
  return isSame ? record : { ...record, keeps, job: { ...job, position, reason } };
}

/** Why a job must wait, by the GPU that decides: for a job on k GPUs the k-th best. */
function whyNot({ job }: JobRecord, known: readonly Place[]): Problem {
  const { peakMiB, gpuCount } = job;
  const byRoom = [...known].sort((a, b) => availableOn(b) - availableOn(a) || a.gpu.index - b.gpu.index);
  const decides = byRoom[gpuCount - 1];
  if (decides === undefined || decides.room === null)
    return problem("job-vram-unknown", { known: known.length, wanted: gpuCount });
  const { gpu, room } = decides;
  if (room.availableMiB >= peakMiB) return problem("job-waits-turn", { gpu: gpu.index });
  return problem("job-no-room", {
    gpu: gpu.index,
    missing: peakMiB - room.availableMiB,
    free: room.freeMiB,
    promised: room.promisedMiB,
    reserve: room.reserveMiB,
    peak: peakMiB,
  });
}
