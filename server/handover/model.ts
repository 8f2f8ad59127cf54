/** What users set of the hand-over, and the times of its rules. Times are ms. */
export interface HandoverSettings {
  /** The backend that lives on the card when nobody needs it; `null`: none. */
  home: string | null;
  /** The card has been quiet for so long before `home` is loaded again. */
  homeAfterMs: number;
  /** Whoever was given the card, or was loaded again, is not asked to leave before. */
  minTurnMs: number;
  /** By backend: it leaves when it has been idle for so long. */
  idleReleaseMs: ReadonlyMap<string, number>;
  /** Above this nothing is loaded and nothing starts; `null`: temperature does not matter. */
  holdAboveC: number | null;
  /** Backends that may be asked to leave for others, as their owner says. With `home`, all may. */
  onRequest: ReadonlySet<string>;
  /** So long a backend has been idle before it is asked to leave for a job that waits: policy 8. */
  jobIdleMs: number;
  /** … and before it is asked for a backend that has begun to work, which does not wait. */
  busyIdleMs: number;
  /** After it was asked, it is left alone for so long. */
  againMs: number;
  /** After an act, what it did is waited for: nothing else is done. */
  settleMs: number;
  /** So long before it is asked for a job, it is told to those who may say “not now”. */
  noticeMs: number;
  /** So long holds a “not now”. */
  postponeMs: number;
  /** A job that a working backend waits for is let go at the latest after so long. */
  yieldMs: number;
}

export const NO_HANDOVER: HandoverSettings = {
  home: null,
  homeAfterMs: 120_000,
  minTurnMs: 60_000,
  idleReleaseMs: new Map(),
  holdAboveC: null,
  onRequest: new Set(),
  jobIdleMs: 30_000,
  busyIdleMs: 5000,
  againMs: 30_000,
  settleMs: 10_000,
  noticeMs: 10_000,
  postponeMs: 600_000,
  yieldMs: 300_000,
};

/** Degrees below `holdAboveC` at which it is cool enough again. */
export const COOLER_C = 3;

/** A backend in one moment. */
export interface BackendSeen {
  id: string;
  /** `null`: nothing tells, which counts as busy. */
  busy: boolean | null;
  /** It is in the middle of a job, and has let others have the card. */
  gaveWay: boolean;
  /** It can be asked to unload, answers, and does not give nothing. */
  canRelease: boolean;
  /** It can load again what a release took away. */
  canLoad: boolean;
  /** Unloaded, it cannot run a job. */
  parks: boolean;
}

/** A process that holds VRAM on one GPU. */
export interface Resident {
  gpu: number;
  pid: number;
  backend: string | null;
  heldMiB: number;
  /** `null`: it works, or nobody can tell. */
  idleSinceMs: number | null;
}

/** A waiting job for which there is no room. */
export interface Lack {
  jobId: string;
  label: string;
  askedMs: number;
  /** The process and the backend in which it would run. */
  pid: number | null;
  backend: string | null;
  /** The backend whose process asks for it: that one may wait for it in the middle of a job. */
  from: string | null;
  gpuCount: number;
  /** On each GPU that it may use, how much is missing; not more than 0: nothing. */
  missing: readonly { gpu: number; mib: number }[];
}

/** Everything that the hand-over goes by, in one moment. */
export interface Seen {
  backends: readonly BackendSeen[];
  residents: readonly Resident[];
  /** In the order in which they are let in. */
  lacks: readonly Lack[];
  gpus: readonly {
    gpu: number;
    freeMiB: number;
    /** How much more what runs will take than there is; not more than 0: it is enough. */
    shortMiB: number;
  }[];
  /** Jobs run or wait, or a process works that is no backend's. */
  othersWork: boolean;
  /** Running jobs by the backend in which they run; `null`: in none. */
  runningIn: readonly (string | null)[];
  hottestC: number | null;
  /** Somebody holds the card. */
  held: boolean;
  /** A release or a load goes on. */
  underWay: boolean;
}

/** What is remembered of a backend. */
export interface Known {
  busySinceMs: number | null;
  idleSinceMs: number | null;
  /** When it was given the card. */
  turnSinceMs: number;
  askedMs: number;
  loadAskedMs: number;
  postponedUntilMs: number;
  /** Most that it was seen to hold, on which GPUs; how much it comes back with. */
  mostMiB: number;
  places: readonly number[];
}

export interface HandoverState {
  seen: Seen | null;
  backends: ReadonlyMap<string, Known>;
  /** Since when nobody works and nobody waits; `null`: somebody does. */
  quietSinceMs: number | null;
  actedMs: number;
  isHot: boolean;
  /** Who will be asked to leave for a waiting job, and since when that is announced. */
  notice: { backend: string; sinceMs: number } | null;
}

const NEVER = Number.NEGATIVE_INFINITY;

export const UNKNOWN_BACKEND: Known = {
  busySinceMs: null,
  idleSinceMs: null,
  turnSinceMs: NEVER,
  askedMs: NEVER,
  loadAskedMs: NEVER,
  postponedUntilMs: NEVER,
  mostMiB: 0,
  places: [],
};

export const NO_STATE: HandoverState = {
  seen: null,
  backends: new Map(),
  quietSinceMs: null,
  actedMs: NEVER,
  isHot: false,
  notice: null,
};

/** Why a backend leaves. */
export type Reason = "job" | "backend" | "idle" | "home";

/** A backend leaves. `forWhom`: the backend that gets the card; `label`: what people call the job it is for. */
export interface ReleaseAct {
  do: "release";
  backend: string;
  reason: Reason;
  forWhom: string | null;
  label: string | null;
}
export type Act =
  | ReleaseAct
  | { do: "load"; backend: string }
  /** Lets a job in over the room there is: it is what a working backend waits for. */
  | { do: "let-go"; jobId: string; label: string; from: string };

/** What will be done, and when, if nothing changes. */
export interface Planned {
  act: Act;
  atMs: number;
}
export type Decision = Act | { do: "nothing"; next: Planned | null };
