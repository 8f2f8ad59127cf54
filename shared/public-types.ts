/**
 * What users of the package see of the panel's state: the schemas' shapes in plain TypeScript, so that nobody has to
 * install the schema library for them. A test holds both equal. `null` is "not reported", never 0.
 */

export type ThemeChoice = "auto" | "light" | "dark";
export type LanguageChoice = "auto" | "en" | "zh-CN";
export type View = "full" | "compact" | "bar";
export type ConnectionStatus = "connecting" | "live" | "stale" | "offline" | "refused";

/** Something that is wrong: a code, and English words with what to do about it. */
export interface Problem {
  code: string;
  message: string;
  advice: string;
  params: { [name: string]: string | number };
}

export interface GpuProcess {
  pid: number;
  name: string | null;
  usedMiB: number | null;
  /** Id of the backend it belongs to, where that is known. */
  backend?: string;
}

export interface Gpu {
  index: number;
  uuid: string;
  name: string;
  memoryTotalMiB: number | null;
  /** The GPU was there and no longer answers: its readings are `null`. */
  lost: boolean;
  /** The driver says that it must be reset before it can be used; absent where it does not. */
  needsReset?: boolean;
  /** A desktop draws on it, or Windows (WDDM) manages its memory; absent where the driver does not tell. */
  display?: boolean;
  memoryUsedMiB: number | null;
  memoryFreeMiB: number | null;
  memoryReservedMiB: number | null;
  utilizationGpuPct: number | null;
  /** Memory-bandwidth activity, not the share of VRAM in use. */
  utilizationMemoryPct: number | null;
  temperatureC: number | null;
  powerDrawW: number | null;
  powerLimitW: number | null;
  fanPct: number | null;
  pstate: string | null;
  throttle: string[] | null;
  mig: boolean | null;
  processes: GpuProcess[] | null;
}

/** Where the samples come from and whether they do. */
export interface SourceState {
  kind: "nvidia-smi" | "demo" | "replay" | "redis";
  status: "starting" | "live" | "stale" | "failed";
  /** Why the demo is shown. */
  demoReason: "asked-for" | "no-nvidia-smi" | null;
  problem: Problem | null;
  intervalMs: number;
  driverVersion: string | null;
  /** The recording that is played, with `kind: "replay"`. */
  replay?: ReplayState;
}

/** A recording that is being played. Moments are epoch milliseconds. */
export interface ReplayState {
  file: string;
  startMs: number;
  endMs: number;
  /** Recorded seconds per second. */
  speed: number;
  paused: boolean;
  /** Lines that could not be read, and the numbers of the first of them. */
  wrongLines: number;
  firstWrong: number[];
  /** Only every nth sample is played; 1: all. */
  everyNth: number;
}

/** What the backend says it freed: shown beside the measured figure, never believed. */
export interface ReleaseClaim {
  freedMiB: number | null;
  models: string[] | null;
}

export type ReleaseMode = "auto" | "now" | "after-current" | "interrupt";

/** One backend's share of a release. */
export interface ReleasePart {
  backend: string;
  state: "pending" | "waiting-for-job" | "calling" | "verifying" | "done" | "failed" | "cancelled";
  freedMiB: number | null;
  claim: ReleaseClaim | null;
  problem: Problem | null;
}

/** The release in progress, or the last one. */
export interface Release {
  state: "idle" | "waiting-for-job" | "calling" | "verifying" | "done" | "failed";
  id: string | null;
  mode: ReleaseMode | null;
  backend: string | null;
  requestedBy: string | null;
  /** Epoch milliseconds by the sidecar's clock. */
  startedAt: number | null;
  finishedAt: number | null;
  estimateMiB: number | null;
  /** Measured; negative when VRAM grew. */
  freedMiB: number | null;
  gpus: { index: number; beforeMiB: number | null; afterMiB: number | null; freedMiB: number | null }[];
  unsettled: boolean;
  /** What came back after the verdict, in `freedMiB` already. */
  late: { freedMiB: number; seconds: number } | null;
  parts: ReleasePart[];
  waiting: { since: number; queue: number | null; cancellable: boolean; asked: boolean } | null;
  meanwhile: { gpu: number; pid: number; name: string | null; changedMiB: number }[];
  stillHeldBy: (GpuProcess & {
    gpu: number;
    because: "context" | "allocator-cache" | "kept" | "other-program" | "unknown";
  })[];
  claim: ReleaseClaim | null;
  problem: Problem | null;
}

/** What a panel shows at the moment. */
export interface PanelSnapshot {
  /** State of the way between panel and sidecar. */
  connection: ConnectionStatus;
  /** `null` until the sidecar has said hello. */
  source: SourceState | null;
  gpus: readonly Gpu[];
  release: Release | null;
}
