import type { Profile } from "./profile.ts";

/** What the recommendation needs to know of a GPU. `null` = the driver does not tell. */
export interface GpuRoom {
  index: number;
  memoryTotalMiB: number | null;
  memoryFreeMiB: number | null;
}

/** How many jobs of one profile fit on one GPU, with every figure that the answer rests on. */
export interface GpuCapacity {
  index: number;
  /** Jobs that may start now on top of what runs; `null` when VRAM is not reported. */
  canStart: number | null;
  /** Jobs that run there, whether marked or inferred; `null`: not known. */
  running: number | null;
  /** `running + canStart`; equals `canStart` while `running` is not known. */
  recommendedMax: number | null;
  freeMiB: number | null;
  /** Never given to jobs: the reserve of this GPU and what the profile's figure may be wrong by. */
  reserveMiB: number | null;
  /** Of `reserveMiB`: what it is widened by, because the profile's figure may be wrong. */
  uncertaintyMiB: number;
  /** VRAM that running jobs and other programs will still take; `null`: not known, so not taken off. */
  promisedMiB: number | null;
  /** What idle models would give back on a release; beside `freeMiB`, never in it. `null`: not known. */
  reclaimableMiB: number | null;
  perJobMiB: number;
  /** The job runs inside a backend that has its weights loaded: `perJobMiB` is the rest. */
  weightsLoaded: boolean;
  basis: Profile["basis"];
}

/** VRAM left alone on every GPU, at least (MiB). */
export const RESERVE_FLOOR_MIB = 1024;
/** VRAM left alone on every GPU, as a share of its total. */
export const RESERVE_SHARE = 0.05;
/**
 * What is added where a desktop draws on the GPU, or Windows (WDDM, WSL) pages its memory: programs there take and
 * give back VRAM without any compute process to be seen. A round figure of our own, not a measurement.
 */
export const DISPLAY_EXTRA_MIB = 1024;

/** How much VRAM is kept away from jobs. */
export interface ReserveSettings {
  floorMiB: number;
  /** 0 … 1, of the GPU's total. */
  share: number;
  /** Added on a GPU that drives a display or is run by WDDM or WSL. */
  displayExtraMiB: number;
}

export const DEFAULT_RESERVE: ReserveSettings = {
  floorMiB: RESERVE_FLOOR_MIB,
  share: RESERVE_SHARE,
  displayExtraMiB: DISPLAY_EXTRA_MIB,
};

/** VRAM that is never given to jobs: max(1024 MiB, 5 % of total), rounded up to whole MiB. */
export function reserveMiB(memoryTotalMiB: number): number {
  return reserveFor(memoryTotalMiB, DEFAULT_RESERVE, false);
}

/** `max(floor, share × total)`, and the extra where a display or WDDM is at work. MiB, rounded up. */
export function reserveFor(memoryTotalMiB: number, settings: ReserveSettings, display: boolean): number {
  const plain = Math.max(settings.floorMiB, Math.ceil(memoryTotalMiB * settings.share));
  return Math.ceil(plain + (display ? settings.displayExtraMiB : 0));
}

/** What else is known of the GPU; everything may be left out. */
export interface GpuCompany {
  /** Sum over what runs of `max(0, predicted peak − held)`, MiB; `null`: not known. */
  promisedMiB?: number | null;
  /** Jobs that run there; `null`: not known. */
  running?: number | null;
  /** What a release of idle models would bring, MiB. */
  reclaimableMiB?: number | null;
  /** How far the job's peak may lie above its figure, MiB: it widens the reserve. */
  uncertaintyMiB?: number;
  /** The job would run in a backend that holds its weights already. */
  weightsLoaded?: boolean;
  /** The reserve of this GPU where it is known, in place of what `reserve` and `display` would make it. */
  reserveMiB?: number | null;
  /** A display, WDDM or WSL. */
  display?: boolean;
  reserve?: ReserveSettings;
}

/** Peak and, where it is known, weights: a profile or a learned figure. */
export type JobSize = Pick<Profile, "peakMiB" | "basis"> & Partial<Pick<Profile, "weightsMiB">>;

/**
 * VRAM that one more job takes, MiB: its peak; in a backend that has its weights loaded, peak − weights (the second
 * regime of the issue). Where the weights are not known, or are as much as the peak and so not those of this job, the whole
 * peak is taken, the larger of the two.
 */
export function perJobMiB({ peakMiB, weightsMiB = null }: JobSize, weightsLoaded: boolean): number {
  return weightsLoaded && weightsMiB !== null && weightsMiB < peakMiB ? peakMiB - weightsMiB : peakMiB;
}

/**
 * Recommended concurrency on one GPU: `floor((free − promised − reserve) / per job)`, never below 0 and never more
 * than physically fits. Unknown VRAM gives `null`, not 0. What the figure may be wrong by widens the reserve, for each
 * of the jobs: all are of one kind, so that a figure that is too low is too low for all, and admission reserves as much
 * for each. On a GPU where no job runs it is cut to what leaves room for one, for else a job that fits alone could never
 * be measured. Source of the formula: requirements R3 and R4, issue 4.
 */
export function gpuCapacity(gpu: GpuRoom, profile: JobSize, company: GpuCompany = {}): GpuCapacity {
  const { memoryTotalMiB: total, memoryFreeMiB: free } = gpu;
  const { running = null, reclaimableMiB = null, weightsLoaded = false } = company;
  // In whole MiB, rounded up, so that the shown figures are those that were reckoned with.
  const promisedMiB = company.promisedMiB == null ? null : Math.ceil(company.promisedMiB);
  const perJob = perJobMiB(profile, weightsLoaded);
  const base =
    company.reserveMiB ??
    (total === null ? null : reserveFor(total, company.reserve ?? DEFAULT_RESERVE, company.display ?? false));
  const room =
    total === null || free === null || base === null
      ? null
      : Math.min(free, total) - (promisedMiB ?? 0) - base;
  const doubt = Math.ceil(company.uncertaintyMiB ?? 0);
  const canStart = room === null ? null : jobsIn(room, perJob, doubt, running === 0);
  const extra =
    room === null || canStart === null ? doubt : widening(room, perJob, doubt, canStart, running === 0);
  return {
    index: gpu.index,
    canStart,
    running,
    recommendedMax: canStart === null ? null : (running ?? 0) + canStart,
    freeMiB: free,
    reserveMiB: base === null ? null : base + extra,
    uncertaintyMiB: extra,
    promisedMiB,
    reclaimableMiB,
    perJobMiB: perJob,
    weightsLoaded: weightsLoaded && perJob < profile.peakMiB,
    basis: profile.basis,
  };
}

/** Jobs that have room with what each may take more. */
function jobsIn(room: number, perJob: number, doubt: number, isAlone: boolean): number {
  const n = Math.max(0, Math.floor(room / (perJob + doubt)));
  return isAlone && room >= perJob ? Math.max(1, n) : n;
}

/** What is kept for the doubt of so many jobs, and of the next one where it would have room without: the shown arithmetic gives `n`. */
function widening(room: number, perJob: number, doubt: number, n: number, isAlone: boolean): number {
  if (isAlone && n === 0) return 0;
  const fitsOneMore = n === 0 || Math.floor((room - n * doubt) / perJob) > n;
  const wanted = (fitsOneMore ? n + 1 : n) * doubt;
  return n === 0 ? wanted : Math.min(wanted, Math.floor(room - n * perJob));
}

/**
 * Jobs that may start over all GPUs, each needing `k` GPUs at once; `null` when no GPU's figure is known, else GPUs
 * that are not known count as none. n jobs on k GPUs each are possible exactly when Σ min(room, n) ≥ n·k: each GPU
 * serves a job at most once. For k = 1 that is the sum.
 */
export function totalCanStart(gpus: readonly Pick<GpuCapacity, "canStart">[], k = 1): number | null {
  const rooms = gpus.flatMap(({ canStart }) => (canStart === null ? [] : [canStart]));
  if (rooms.length === 0) return null;
  const sum = rooms.reduce((all, room) => all + room, 0);
  if (k <= 1) return sum;
  // Feasible for n means feasible for all below it, so the largest is found by halving.
  let [low, high] = [0, Math.floor(sum / k)];
  while (low < high) {
    const n = Math.ceil((low + high) / 2);
    if (rooms.reduce((all, room) => all + Math.min(room, n), 0) >= n * k) low = n;
    else high = n - 1;
  }
  return low;
}

/** Names of machines whose GPU has no memory of its own: the driver reports its VRAM as N/A. */
const UNIFIED = /\b(GB10|Thor|Orin|Xavier|Tegra|Jetson)\b/i;

/** A GPU that shares the host's memory and reports none itself (DGX Spark, Jetson). */
export function hasUnifiedMemory({
  name,
  memoryTotalMiB,
}: {
  name: string;
  memoryTotalMiB: number | null;
}): boolean {
  return memoryTotalMiB === null && UNIFIED.test(name);
}

/** The room of a GPU that shares the host's memory: the host's. Unknown stays unknown. MiB. */
export function unifiedRoom(
  index: number,
  host: { memoryTotalMiB: number | null; memoryAvailableMiB: number | null },
): GpuRoom {
  return { index, memoryTotalMiB: host.memoryTotalMiB, memoryFreeMiB: host.memoryAvailableMiB };
}
