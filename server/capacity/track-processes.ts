import type { GpuProcess } from "../../shared/gpu/gpu.ts";
import type { RoomTold } from "./overrun.ts";
import { addPoint, type Curve, EMPTY_CURVE, finishCurve, type GrowingCurve, peakOf } from "./signatures.ts";
import { isUnnamed } from "./unnamed.ts";

/** What one sample says of a GPU. */
export interface SeenGpu {
  index: number;
  memoryUsedMiB: number | null;
  utilizationGpuPct: number | null;
  /** Compute processes; `null`: not asked for yet. */
  processes: readonly GpuProcess[] | null;
  /** When `processes` was read, epoch milliseconds: it is asked for less often than the rest. */
  processesAtMs: number | null;
}

/** A process on a GPU, followed from the first sample that shows it to the last. */
export interface TrackedProcess {
  gpu: number;
  pid: number;
  name: string | null;
  backend: string | null;
  firstSeenMs: number;
  lastSeenMs: number;
  /** `null`: the driver hides it. */
  heldMiB: number | null;
  /** Highest level of the last 10 to 20 minutes, MiB. */
  recentMaxMiB: number;
  /** Highest level at all, MiB. */
  maxMiB: number;
  /** Last time that the GPU computed or the process's memory moved; `null`: never yet. */
  busyAtMs: number | null;
  /** Last time that it was seen to hold clearly more than before; `null`: never yet. */
  grewAtMs: number | null;
  /** The job that it seems to run; `null` between two jobs. */
  job: Episode | null;
  /** The two halves of the window of `recentMaxMiB`. */
  window: { startedMs: number; nowMiB: number; beforeMiB: number };
}

/** One job of a process. */
export interface Episode {
  startedMs: number;
  curve: GrowingCurve;
  /** The room that was told of before it began, beside what its process held or was promised, MiB; `null`: none was. */
  told: (RoomTold & { heldMiB: number }) | null;
}

/** A job that was seen to end: its process is gone, or has been idle for a minute. */
export interface EndedJob {
  gpu: number;
  pid: number;
  name: string | null;
  backend: string | null;
  startedMs: number;
  endedMs: number;
  peakMiB: number;
  curve: Curve;
  /** The process is gone, and held this much when it was last seen. `null`: it lives on. */
  goneFromMiB: number | null;
  /** As `Episode.told`. */
  told: Episode["told"];
  /** By its name no generation job: there is nothing to learn from it. */
  isOther: boolean;
}

export interface Tracked {
  /** By GPU index, then by process id. */
  gpus: ReadonlyMap<number, TrackedGpu>;
}

export interface TrackedGpu {
  processes: ReadonlyMap<number, TrackedProcess>;
  /** `processesAtMs` of the list that was last taken in. */
  listedAtMs: number;
  /** VRAM in use in the sample that brought it. */
  usedAtListMiB: number | null;
}

export const NOTHING_TRACKED: Tracked = { gpus: new Map() };

/** Utilization from which the GPU counts as computing, percent. */
const BUSY_PCT = 20;
/** A change of a process's VRAM from which it counts as moving, MiB. */
const MOVED_MIB = 256;
/** Idle for so long ends a job in a process that lives on: kernels that recompile pause 20–40 s (requirements R6). */
const IDLE_ENDS_MS = 60_000;
const WINDOW_MS = 600_000;
/** Shorter or smaller is no video job: the smallest profile takes 8 GB. */
const LEAST_JOB_MS = 3_000;
const LEAST_JOB_MIB = 1_500;

/**
 * Follows the compute processes from sample to sample: who is there since when, what it held at most lately and at
 * all, whether it works, and which jobs have ended. Returns the same state where no new process list came. Pure.
 * @param told by GPU: the room that was told of before this list
 */
export function trackProcesses(
  state: Tracked,
  gpus: readonly SeenGpu[],
  told: ReadonlyMap<number, RoomTold | null> = new Map(),
): { state: Tracked; ended: EndedJob[] } {
  const ended: EndedJob[] = [];
  let next: Map<number, TrackedGpu> | null = null;
  for (const gpu of gpus) {
    const before = state.gpus.get(gpu.index);
    if (gpu.processes === null || gpu.processesAtMs === null || before?.listedAtMs === gpu.processesAtMs)
      continue;
    next ??= new Map(state.gpus);
    next.set(
      gpu.index,
      trackGpu(before, gpu, gpu.processes, gpu.processesAtMs, ended, told.get(gpu.index) ?? null),
    );
  }
  return { state: next === null ? state : { gpus: next }, ended };
}

function trackGpu(
  before: TrackedGpu | undefined,
  gpu: SeenGpu,
  listed: readonly GpuProcess[],
  atMs: number,
  ended: EndedJob[],
  told: RoomTold | null,
): TrackedGpu {
  const processes = new Map<number, TrackedProcess>();
  const computing = (gpu.utilizationGpuPct ?? 0) >= BUSY_PCT;
  for (const process of listed) {
    const known = before?.processes.get(process.pid);
    const tracked =
      known === undefined
        ? firstSeen(gpu.index, process, computing, atMs, before === undefined)
        : seenAgain(known, process, computing, atMs, ended);
    processes.set(process.pid, withTold(tracked, known, told));
  }
  for (const process of before?.processes.values() ?? []) {
    if (!processes.has(process.pid) && process.job !== null) endJob(process, atMs, process.heldMiB, ended);
  }
  return { processes, listedAtMs: atMs, usedAtListMiB: gpu.memoryUsedMiB };
}

/** A job that begins with this list was started by what was told before it. */
function withTold(
  process: TrackedProcess,
  known: TrackedProcess | undefined,
  told: RoomTold | null,
): TrackedProcess {
  const { job } = process;
  if (told === null || job === null || job.startedMs === known?.job?.startedMs) return process;
  // What was promised to it is in no room that was told of, and its own.
  const mostMiB = known === undefined || isUnnamed(known.pid) ? 0 : known.recentMaxMiB;
  const heldMiB = Math.max(mostMiB, known?.heldMiB ?? 0);
  return { ...process, job: { ...job, told: { ...told, heldMiB } } };
}

function firstSeen(
  gpu: number,
  { pid, name, usedMiB, backend }: GpuProcess,
  computing: boolean,
  atMs: number,
  isFirstList: boolean,
): TrackedProcess {
  const held = usedMiB ?? 0;
  // One that appears may be about to load anything. One that was there before anybody looked, small on a GPU that does
  // nothing, is a desktop or a notebook: it has had its time.
  const isSettled = isFirstList && !computing && usedMiB !== null && usedMiB < LEAST_JOB_MIB;
  return {
    gpu,
    pid,
    name,
    backend: backend ?? null,
    firstSeenMs: atMs,
    lastSeenMs: atMs,
    heldMiB: usedMiB,
    recentMaxMiB: held,
    maxMiB: held,
    busyAtMs: computing ? atMs : null,
    grewAtMs: isFirstList || held < MOVED_MIB ? null : atMs,
    job: isSettled ? null : { startedMs: atMs, curve: addPoint(EMPTY_CURVE, 0, held), told: null },
    window: { startedMs: atMs, nowMiB: held, beforeMiB: 0 },
  };
}

function seenAgain(
  known: TrackedProcess,
  { name, usedMiB, backend }: GpuProcess,
  computing: boolean,
  atMs: number,
  ended: EndedJob[],
): TrackedProcess {
  // A level that is hidden for once is the last known one.
  const held = usedMiB ?? known.heldMiB ?? 0;
  const moved = Math.abs(held - (known.heldMiB ?? held)) >= MOVED_MIB;
  const busyAtMs = computing || moved ? atMs : known.busyAtMs;
  let job = known.job;
  if (job !== null) {
    job = { ...job, curve: addPoint(job.curve, (atMs - job.startedMs) / 1000, held) };
    if (atMs - (busyAtMs ?? known.firstSeenMs) >= IDLE_ENDS_MS) {
      // What never did anything was no job that could teach something.
      if (busyAtMs !== null) endJob({ ...known, job }, busyAtMs, null, ended);
      job = null;
    }
  } else if (busyAtMs === atMs) {
    job = { startedMs: atMs, curve: addPoint(EMPTY_CURVE, 0, held), told: null };
  }
  const turn = atMs - known.window.startedMs >= WINDOW_MS;
  const window = turn
    ? { startedMs: atMs, nowMiB: held, beforeMiB: known.window.nowMiB }
    : { ...known.window, nowMiB: Math.max(known.window.nowMiB, held) };
  return {
    ...known,
    name,
    backend: backend ?? known.backend,
    lastSeenMs: atMs,
    heldMiB: usedMiB ?? known.heldMiB,
    recentMaxMiB: Math.max(window.nowMiB, window.beforeMiB),
    maxMiB: Math.max(known.maxMiB, held),
    busyAtMs,
    grewAtMs: held - (known.heldMiB ?? held) >= MOVED_MIB ? atMs : known.grewAtMs,
    job,
    window,
  };
}

function endJob(
  { gpu, pid, name, backend, job }: TrackedProcess,
  endedMs: number,
  goneFromMiB: number | null,
  ended: EndedJob[],
): void {
  if (job === null) return;
  const curve = finishCurve(job.curve);
  const peakMiB = peakOf(curve);
  if (endedMs - job.startedMs < LEAST_JOB_MS || peakMiB < LEAST_JOB_MIB) return;
  ended.push({
    gpu,
    pid,
    name,
    backend,
    startedMs: job.startedMs,
    endedMs,
    peakMiB,
    curve,
    goneFromMiB,
    told: job.told,
    isOther: name !== null && OTHER_PROGRAMS.test(name),
  });
}

/** It has taken as much since it last held least as the beginning of a job would: another job has begun in it. Pure. */
export function isLoadingAnew({ job, heldMiB }: TrackedProcess): boolean {
  if (job === null || heldMiB === null) return false;
  const { closed, open } = job.curve;
  const least = Math.min(open?.lowMiB ?? heldMiB, ...closed.lowMiB);
  return heldMiB - least >= LEAST_JOB_MIB;
}

/** Programs that hold VRAM and are no generation jobs: language-model servers, desktops, browsers. */
const OTHER_PROGRAMS =
  /ollama|llama|vllm|lm.?studio|text-generation|xorg|xwayland|gnome|kwin|plasma|chrom|firefox|electron|dwm|explorer|blender/i;
/** For so long a new process may turn out to be anything. */
const SETTLES_MS = 120_000;

/**
 * What a process is taken for:
 * - `job`: it runs a job, or seems to (new ones too, until they have shown what they are)
 * - `resident`: it has run jobs and lives on, idle: its memory may rise again
 * - `other`: no generation job by its name, or never large
 */
export function roleOf(process: TrackedProcess, atMs: number): "job" | "resident" | "other" {
  if (process.name !== null && OTHER_PROGRAMS.test(process.name)) return "other";
  const old = atMs - process.firstSeenMs > SETTLES_MS;
  if (old && process.maxMiB < LEAST_JOB_MIB) return "other";
  return process.job === null ? "resident" : "job";
}
