import type { ClipSize } from "../../shared/profiles/predict.ts";

/** A process as one list names it. `usedMiB` is `null` where the driver hides it. */
export interface ListedProcess {
  pid: number;
  name: string | null;
  usedMiB: number | null;
  backend: string | null;
}

/** What the sample knows of processes: a list read with it, none this time, or a driver that names none (or failed). */
export type ProcessList =
  | { kind: "fresh"; processes: readonly ListedProcess[] }
  | { kind: "not-read" }
  | { kind: "hidden" };

/** One GPU in one sample. MiB throughout. */
export interface GpuEvidence {
  index: number;
  totalMiB: number;
  /** What the driver keeps for itself beside what it reports as used. */
  driverMiB: number;
  usedMiB: number;
  utilizationPct: number | null;
  list: ProcessList;
}

/** What a backend or hook last said of itself. It is found by its id or its pid among the processes. */
export interface BackendWord {
  backend: string;
  pid: number | null;
  busy: boolean;
  /** Others wait behind what it runs, or for room: of those that this sidecar holds back it says nothing new. */
  queued?: boolean;
  /** When it said so; left out: now. Until it speaks again its process may be seen to begin. */
  atMs?: number;
}

export type TenantState = "running" | "idle" | "cannot-tell";

/** A process that holds VRAM on one GPU. */
export interface Tenant {
  pid: number;
  name: string | null;
  backend: string | null;
  heldMiB: number;
  /** What the last list said, before growth since then was added. */
  listedMiB: number;
  firstSeenMs: number;
  state: TenantState;
  stateSinceMs: number;
  /** When its own memory last changed. */
  movedMs: number;
  /** What it held when it was last idle: what it goes back to when a job in it ends. */
  restMiB: number;
  /** Most that it held since its job began. */
  jobPeakMiB: number;
  /** Least VRAM that was free before its own memory last fell; `null`: it has not fallen since its job began. */
  fellFreeMiB: number | null;
  /** What its last jobs reached. */
  peaks: readonly number[];
  ticket: Promised | null;
  /** When a declared job in it last ended. */
  endedMs: number;
}

/** A figure that a process was let in with, and the job class that learns from it. */
export interface Promised {
  jobClass: JobClass;
  figureMiB: number;
  /** `false`: another class was let in at the same time, so that the process may be the other's. It teaches nothing. */
  isSure: boolean;
}

/** The job of one asker in what no list explains. */
export interface UnlistedTicket extends Promised {
  asker: string;
  sinceMs: number;
  /** Held by others before it began. */
  baseMiB: number;
  peakMiB: number;
}

/** VRAM that no list explains, on a GPU whose processes are not named: one tenant without a pid. */
export interface UnlistedUse {
  /** Held by whatever no declared job explains. */
  otherMiB: number;
  state: TenantState;
  stateSinceMs: number;
  jobPeakMiB: number;
  peaks: readonly number[];
  /** What an asker's own process keeps of it, by asker: it counts for that asker's next job. */
  owned: ReadonlyMap<string, number>;
  /** The asker whose job it moved for last; `null`: nobody knows. */
  movedFor: string | null;
  /** When it last moved by itself: what declared jobs explain is left out. */
  movedMs: number;
  /** It neither computed nor moved for a while, and has not begun since: declared jobs say nothing about it. */
  isSettled: boolean;
  /** When it last began to compute or to move after a quiet time. */
  beganMs: number;
  /** The asker's job that it began for. */
  ticket: UnlistedTicket | null;
  /** Used VRAM when a declared job ended, until what it gave back has been seen, and what others held then. */
  ended: { atMs: number; usedMiB: number; asker: string; baseMiB: number } | null;
}

export interface TrackBase {
  evidence: Omit<GpuEvidence, "list">;
  recent: readonly Recent[];
  /** When VRAM in use last rose by more than the unlisted threshold. */
  grewMs: number;
  /** When a list was last asked for that named nobody or did not come. */
  failedMs: number | null;
  /** When a declared job or a busy backend last explained what the GPU computed. */
  explainedMs: number;
}
export type GpuTrack =
  | (TrackBase & {
      kind: "listed";
      firstListMs: number;
      listedMs: number;
      usedAtListMiB: number;
      tenants: readonly Tenant[];
    })
  | (TrackBase & { kind: "hidden"; unlisted: UnlistedUse });

export interface Recent {
  atMs: number;
  usedMiB: number;
  utilizationPct: number | null;
}

/** The key under which jobs are learned: a signature or a profile. */
export interface JobClass {
  key: string;
  /** Classes that differ in size alone share a family. */
  family: string | null;
  size: ClipSize | null;
  publishedMiB: number | null;
  configuredMiB: number | null;
  seconds: number | null;
}

export interface JobAsk {
  id: string;
  /** Who asks: a name or an address; people take turns by it. */
  asker: string;
  jobClass: JobClass;
  gpuCount: number;
  /** GPUs that it may use; empty: any. */
  on: readonly number[];
  pid: number | null;
  /** Once it runs it ends with its process alone, which is known to be one of this machine, and not by silence. */
  lastsWithPid?: boolean;
  backend: string | null;
  /** It stands in line as if it had asked then; left out: now. */
  sinceMs?: number;
}

/** What is reserved, by GPU, where that differs: the margin gives way on one, or nothing is known and all is taken. */
export type Figures = ReadonlyMap<number, number>;

export interface JobBase extends JobAsk {
  askedMs: number;
  beatMs: number;
  ttlMs: number;
}
export interface WaitingJob extends JobBase {
  kind: "waiting";
  sinceMs: number;
  /** Start in the virtual time of fair queuing. */
  turn: number;
}
export interface RunningJob extends JobBase {
  kind: "running";
  gpus: readonly number[];
  /** The most that is reserved on one of its GPUs. */
  figureMiB: number;
  figures: Figures;
  basis: Basis;
  startedMs: number;
  expectedMs: number;
  /** Of what nobody is named for, the part that its own process held already. */
  ownMiB: number;
  /** Most that its process held on one GPU while it ran. */
  seenMiB: number;
  /** … while it was alone in its process. */
  aloneMiB: number;
  /** Most jobs of its class that were in its process at once while it ran, it included; 0: of other classes too. */
  together: number;
  sumsMiB: Share["sumsMiB"];
}

/** A yes to an undeclared asker: held for a moment, and given to the next new process there. */
export interface Ticket {
  id: string;
  asker: string;
  jobClass: JobClass;
  gpus: readonly number[];
  figureMiB: number;
  figures: Figures;
  /** The asker's own process, where it named one. */
  pid: number | null;
  backend: string | null;
  askedMs: number;
  isSure: boolean;
}

export interface Learned {
  family: string | null;
  size: ClipSize | null;
  peaks: readonly { mib: number; reported: boolean }[];
  durationsMs: readonly number[];
  /** Least VRAM with which such a job is known to run: a peak is no need where weights give way. */
  leastMiB: number | null;
  /** Margin alone: set by an out-of-memory, cleared by a job that ended well. */
  raisedMiB: number | null;
}

export type Basis = "measured" | "configured" | "published" | "nearest" | "nothing";

/** What a job is reckoned with. `mib` decides "never", `needMiB` is what is reserved. */
export interface Figure {
  mib: number;
  needMiB: number;
  basis: Basis;
}

export interface CapacityState {
  /** When the last sample came. Rules of time are reckoned by it, so that all who ask within one sample hear the same. */
  atMs: number;
  /** What backends had said of themselves by then. */
  words: readonly BackendWord[];
  gpus: readonly GpuTrack[];
  running: readonly RunningJob[];
  waiting: readonly WaitingJob[];
  tickets: readonly Ticket[];
  learned: ReadonlyMap<string, Learned>;
  /** How far predictions by the nearest size were below what was then measured: ratios. */
  nearestRatios: readonly number[];
  /** Durations of the last jobs of all classes. */
  recentMs: readonly number[];
  fair: { now: number; finishOf: ReadonlyMap<string, number> };
  askedMs: number;
}

/** A declared job's part of what its process will hold. */
export interface Share {
  key: string;
  figureMiB: number;
  /** What 2, 3 … jobs of its class in one process were measured to need: they share weights. */
  sumsMiB: readonly number[];
}

/** Somebody who holds or was promised VRAM on one GPU. The commitment is the larger of the two. */
export interface Holder {
  pid: number | null;
  backend: string | null;
  heldMiB: number;
  /** The declared jobs in it. */
  jobs: readonly Share[];
  /** What is expected of it where no job is declared. */
  expectMiB: number;
  /** What it keeps when its jobs have ended. */
  restMiB: number;
  isActive: boolean;
}

/** The holder that holds nothing. */
export const NOBODY: Holder = {
  pid: null,
  backend: null,
  heldMiB: 0,
  jobs: [],
  expectMiB: 0,
  restMiB: 0,
  isActive: false,
};

/** All that the room of one GPU depends on. */
export interface GpuDemand {
  index: number;
  emptyMiB: number;
  /** What a job could have if all who work here left: a desktop's few hundred MiB stay. */
  givesMiB: number;
  freeMiB: number;
  reserveMiB: number;
  holders: readonly Holder[];
  /** Where nobody is named: the holder that stands for all declared jobs. */
  pool: number | null;
  /** Nobody names the processes now, and something that no declared job explains has moved lately. */
  isUnsettled: boolean;
  /** Where nobody is named: what askers' own processes keep, and for whom the rest moved last. */
  owned: ReadonlyMap<string, number>;
  movedFor: string | null;
}

export const EMPTY_STATE: CapacityState = {
  atMs: 0,
  words: [],
  gpus: [],
  running: [],
  waiting: [],
  tickets: [],
  learned: new Map(),
  nearestRatios: [],
  recentMs: [],
  fair: { now: 0, finishOf: new Map() },
  askedMs: Number.NEGATIVE_INFINITY,
};
