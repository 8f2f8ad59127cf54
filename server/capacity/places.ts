import type { JobRecord } from "./job-record.ts";
import type { GpuNow, Lease, Room } from "./room.ts";

/** One GPU while the queue is gone through. */
export interface Place {
  gpu: GpuNow;
  leases: Lease[];
  /** `null`: its VRAM is not known. */
  room: Room | null;
  /** Room that is kept for the first waiting job, MiB. */
  claimedMiB: number;
}

/** What is kept for the first waiting job. */
export interface Kept {
  gpus: number[];
  /** Before then it should not be able to start there by what is known of the running jobs; 0: that is not known. */
  lentUntilMs: number;
}

/** Room for one more job, MiB. */
export const leftOf = ({ room, claimedMiB }: Place) =>
  (room?.availableMiB ?? Number.NEGATIVE_INFINITY) - claimedMiB;

/** Two jobs on one GPU slow each other down: a GPU with fewer comes first. */
export function quietestFirst(a: Place, b: Place): number {
  return a.leases.length - b.leases.length || leftOf(b) - leftOf(a) || a.gpu.index - b.gpu.index;
}

/** The GPU on which least is left over comes first: the emptier ones stay whole for larger jobs. */
export function fullestFirst(a: Place, b: Place): number {
  return leftOf(a) - leftOf(b) || a.gpu.index - b.gpu.index;
}

/**
 * Keeps k GPUs for a job: those of before, as long as it could start there if other jobs ended; else those on which
 * it can start soonest by what is known, and of these the emptiest. Claims its peak on them.
 */
export function keepRoom({ job, keeps }: JobRecord, known: readonly Place[], nowMs: number): Kept {
  const { peakMiB, gpuCount } = job;
  const chosen = known
    .filter(({ room }) => (room?.possibleMiB ?? 0) >= peakMiB)
    .map((place) => ({
      place,
      isKept: keeps.includes(place.gpu.index) ? 0 : 1,
      atMs: roomAtMs(place, peakMiB, nowMs),
    }))
    .sort(
      (a, b) =>
        a.isKept - b.isKept ||
        (a.atMs ?? Number.MAX_VALUE) - (b.atMs ?? Number.MAX_VALUE) ||
        leftOf(b.place) - leftOf(a.place) ||
        a.place.gpu.index - b.place.gpu.index,
    )
    .slice(0, gpuCount);
  let lentUntilMs = 0;
  let isKnown = true;
  for (const { place, atMs } of chosen) {
    place.claimedMiB += peakMiB;
    isKnown &&= atMs !== null;
    lentUntilMs = Math.max(lentUntilMs, atMs ?? 0);
  }
  return { gpus: chosen.map(({ place }) => place.gpu.index), lentUntilMs: isKnown ? lentUntilMs : 0 };
}

/**
 * When a GPU should have room for a peak: its jobs end in the order in which they are expected to, by how long their
 * kinds take in the mean, and give back what was reserved for them. One that has outlived that may end at any time.
 * `null`: not known.
 */
function roomAtMs({ leases, room }: Place, peakMiB: number, nowMs: number): number | null {
  let left = room?.availableMiB ?? 0;
  if (left >= peakMiB) return nowMs;
  const ends = leases.map(({ startedAtMs, seconds, peakMiB: mib }) => ({
    mib,
    atMs: seconds === null ? null : Math.max(nowMs, startedAtMs + seconds * 1000),
  }));
  ends.sort((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0));
  for (const { atMs, mib } of ends) {
    if (atMs === null) return null;
    left += mib;
    if (left >= peakMiB) return atMs;
  }
  return null;
}
