import type { Gpu, GpuProcess } from "../../shared/gpu/gpu.ts";
import { freeBeside } from "./free-beside.ts";
import { leastOf } from "./least-of.ts";
import type { GpuView } from "./room.ts";

/** What is known of the processes on one GPU, and the least free VRAM from just before they were listed until now. */
export interface Listing {
  processes: readonly GpuProcess[] | null;
  listedAtMs: number;
  leastFreeMiB: number | null;
  lastFreeMiB: number | null;
  /** When each of the processes was listed first, sample time; those of the first list of all may be of any age. */
  firstListedMs: ReadonlyMap<number, number>;
  /** What processes that came and went with jobs that have ended since held when they were listed, MiB. */
  givenBackMiB: number;
}

/** A list of processes tells who holds what for so long. */
const LIST_AGE_MS = 15_000;

type Seen = Pick<Gpu, "memoryTotalMiB" | "memoryUsedMiB" | "memoryFreeMiB"> & {
  processes: readonly GpuProcess[] | null;
};

/** Takes one sample of the GPU in. Pure. */
export function followListing(
  before: Listing | undefined,
  { processes, memoryFreeMiB: free, memoryTotalMiB }: Seen,
  tMs: number,
): Listing {
  const fresh = before === undefined || before.processes !== processes;
  // A process that held VRAM when it was listed may have given it back before this sample, or taken it since the
  // one before, or even since this one: only the least is sure to have been free beside what it held.
  const floor = fresh
    ? leastOf(before?.lastFreeMiB ?? null, freeBeside(memoryTotalMiB, processes))
    : before.leastFreeMiB;
  return {
    processes,
    listedAtMs: fresh ? tMs : before.listedAtMs,
    leastFreeMiB: floor === null || free === null ? null : Math.min(floor, free),
    lastFreeMiB: free,
    firstListedMs: fresh ? firstListed(before, processes, tMs) : before.firstListedMs,
    givenBackMiB: fresh ? 0 : before.givenBackMiB,
  };
}

function firstListed(before: Listing | undefined, processes: Listing["processes"], tMs: number) {
  const otherwise = before === undefined ? Number.NEGATIVE_INFINITY : tMs;
  return new Map((processes ?? []).map(({ pid }) => [pid, before?.firstListedMs.get(pid) ?? otherwise]));
}

/**
 * A job has ended, and with it its process: what that held at the last list is free as soon as free VRAM shows it, and
 * need not wait for the next list. A process that was there before the job, or is a backend's, lives on and keeps what it
 * likes. Pure.
 */
export function noteEnded(listing: Listing, job: { pid: number; startedAtMs: number }): Listing {
  const process = listing.processes?.find(({ pid }) => pid === job.pid);
  const sinceMs = listing.firstListedMs.get(job.pid) ?? Number.NEGATIVE_INFINITY;
  if (process === undefined || process.backend !== undefined || sinceMs < job.startedAtMs) return listing;
  return { ...listing, givenBackMiB: listing.givenBackMiB + (process.usedMiB ?? 0) };
}

/**
 * The ways to look at a GPU's VRAM that are safe now: by free VRAM alone; by processes where the list is fresh; by
 * growth where the machine was asked for processes and tells of none. Pure.
 * @param hides it was asked for processes, and never yet told what one of them holds
 */
export function viewsOf(gpu: Seen, listing: Listing | undefined, nowMs: number, hides: boolean): GpuView[] {
  const { memoryFreeMiB: freeMiB, memoryUsedMiB: usedMiB } = gpu;
  if (freeMiB === null) return [];
  const bare: GpuView = { by: "nothing", freeMiB };
  if (listing === undefined) return [bare];
  const { processes, leastFreeMiB, listedAtMs, givenBackMiB } = listing;
  if (tellsUse(processes)) {
    const isFresh = nowMs - listedAtMs < LIST_AGE_MS;
    if (!isFresh || leastFreeMiB === null) return [bare];
    return [bare, { by: "process", freeMiB: Math.min(freeMiB, leastFreeMiB + givenBackMiB), processes }];
  }
  // Nobody has asked yet, or it tells elsewhere: what has grown may be anybody's.
  if (!hides) return [bare];
  return usedMiB === null ? [bare] : [bare, { by: "growth", freeMiB, usedMiB }];
}

/** In a container of its own and under Windows' driver model the list is empty or without figures. */
export function tellsUse(processes: readonly GpuProcess[] | null): processes is GpuProcess[] {
  return processes?.some(({ usedMiB }) => usedMiB !== null) ?? false;
}
