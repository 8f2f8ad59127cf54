import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import { isRunning, isWaiting, type JobRecord } from "./job-record.ts";
import { neverFits } from "./never-fits.ts";
import { fullestFirst, type Kept, keepRoom, leftOf, type Place, quietestFirst } from "./places.ts";
import { type GpuNow, type Lease, roomOn } from "./room.ts";

/** For so long others may start before the job that has become the first of those that wait for running ones. */
export const PASSED_MS = 10 * 60_000;
/** For so long others may start on the GPUs that are kept for it, if by what is known they end before it can begin. */
export const LENT_MS = 60 * 60_000;

/**
 * Admits what may start now and says of the rest why it waits. Pure.
 *
 * The queue is gone through in order of arrival, and a job starts when k of its GPUs have room for its whole peak. The
 * first one that must wait for running jobs to end is passed by others for 10 minutes at most, counted from when it
 * became that first one. From then on k GPUs are kept for it: a later job may go there only beside its whole peak, or,
 * for an hour at most, if it will be gone before the first could start. A GPU that is kept can only become emptier, so
 * that after that hour the first starts at the latest when what runs on its GPUs has ended; then the next one is the
 * first. A job that waits for what other programs hold keeps nothing, for nobody's waiting would help it.
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
  let hasFirst = false;
  let kept: Kept | null = null;
  const byArrival = [...records].sort((a, b) => a.place - b.place);
  return byArrival.map((record) => {
    if (!isWaiting(record)) return record;
    const { job, allowed, seconds } = record;
    const known = places.filter(
      ({ gpu, room }) => room !== null && (allowed === null || allowed.includes(gpu.index)),
    );
    const lentUntilMs = kept?.lentUntilMs ?? 0;
    const isShort = seconds !== null && nowMs + seconds * 1000 <= lentUntilMs;
    const room = (place: Place) => leftOf(place) + (isShort ? place.claimedMiB : 0);
    const fitting = known.filter((place) => room(place) >= job.peakMiB);
    // Where somebody waits, what is left over should be as large as can be; else each should have a GPU for itself.
    if (fitting.length >= job.gpuCount)
      return start(record, fitting.sort(hasFirst ? fullestFirst : quietestFirst), nowMs);
    if (hasFirst || !couldStart(record, known)) return wait(record, [], ++position, whyNot(record, known));
    hasFirst = true;
    const first = record.firstAt === null ? { ...record, firstAt: nowMs } : record;
    const sinceMs = nowMs - (first.firstAt ?? nowMs);
    if (sinceMs < PASSED_MS) return wait(first, [], ++position, whyNot(first, known));
    kept = keepRoom(first, known, nowMs);
    if (sinceMs >= LENT_MS) kept = { ...kept, lentUntilMs: 0 };
    return wait(first, kept.gpus, ++position, whyNot(first, known));
  });
}

/** Leases on a GPU in the order of their admission. */
export function leasesOn(gpu: number, records: readonly JobRecord[]): Lease[] {
  return records
    .filter((record) => isRunning(record) && record.job.gpus.includes(gpu))
    .sort((a, b) => (a.job.startedAt ?? 0) - (b.job.startedAt ?? 0) || a.place - b.place)
    .map(({ job: { peakMiB, pid, backend, startedAt }, usedBefore, seconds }) => ({
      peakMiB,
      pid,
      backend,
      usedBeforeMiB: usedBefore.find((one) => one.gpu === gpu)?.usedMiB ?? null,
      startedAtMs: startedAt ?? 0,
      seconds,
    }));
}

function start(record: JobRecord, fitting: readonly Place[], nowMs: number): JobRecord {
  const chosen = fitting.slice(0, record.job.gpuCount);
  const { reason: _, ...job } = record.job;
  const { peakMiB, pid, backend } = job;
  for (const place of chosen) {
    place.leases.push({
      peakMiB,
      pid,
      backend,
      usedBeforeMiB: place.gpu.usedMiB,
      startedAtMs: nowMs,
      seconds: record.seconds,
    });
    place.room = roomOn(place.gpu, place.leases);
  }
  return {
    ...record,
    keeps: [],
    firstAt: null,
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

/** Would it have room if the jobs ended that run now? */
function couldStart({ job }: JobRecord, known: readonly Place[]): boolean {
  return known.filter(({ room }) => (room?.possibleMiB ?? 0) >= job.peakMiB).length >= job.gpuCount;
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
function whyNot({ job, allowed }: JobRecord, known: readonly Place[]): Problem {
  const { peakMiB, gpuCount } = job;
  // What was learned since it came may be more than there is.
  const never = neverFits(
    { peakMiB, gpuCount, allowed },
    known.map(({ gpu }) => gpu),
  );
  if (never?.code === "job-never-fits") return never;
  const availableOn = ({ room }: Place) => room?.availableMiB ?? Number.NEGATIVE_INFINITY;
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
