import type { Gpu } from "../../shared/gpu/gpu.ts";

/** Figures of one GPU that are asked for seldom; `null`: not reported. */
export interface SlowReading {
  /** When it was read, epoch milliseconds. */
  atMs: number;
  /** Uncorrected ECC errors since the driver was loaded. */
  eccUncorrected: number | null;
  pcieGen: number | null;
  pcieGenMax: number | null;
  pcieWidth: number | null;
  pcieWidthMax: number | null;
  /** As nvidia-smi prints it: `00000000:01:00.0`. */
  busId: string | null;
}

/** An error that the driver has written to the kernel's log. */
export interface Xid {
  /** As the kernel prints it: `0000:01:00`. */
  busId: string;
  code: number;
}

/** CPU and memory, of the container where that has limits. `null`: not known. */
export interface HostFigures {
  /** When it was read, by a clock of its own. */
  atMs: number;
  load1: number | null;
  /** The cores that `load1` is of. */
  coreCount: number;
  /** The container's CPU limit in cores. */
  cpuLimit: number | null;
  /** Periods in which the container was held back by its CPU limit, and all its periods, since it began. */
  cpuPeriods: { throttled: number; all: number } | null;
  /** In use and cannot be had, and the most there is, MiB. */
  memoryUsedMiB: number | null;
  memoryMostMiB: number | null;
  memoryOf: "machine" | "container";
  /** Processes that the kernel has killed for want of memory since boot, or since the container began. */
  oomKills: number | null;
}

/** A job that was declared and that runs. */
export interface RunningJobFact {
  id: string;
  gpus: readonly number[];
  startedMs: number;
}

/** A declared job that has ended since the moment before. */
export interface EndedJobFact {
  gpus: readonly number[];
  startedMs: number;
  endedMs: number;
  outcome: "done" | "failed" | "out-of-memory";
}

/** All that is looked at, at one moment. Times are epoch milliseconds. */
export interface Moment {
  nowMs: number;
  gpus: readonly Gpu[];
  /** By UUID. */
  slow: ReadonlyMap<string, SlowReading>;
  host: HostFigures;
  running: readonly RunningJobFact[];
  ended: readonly EndedJobFact[];
  /** A backend says that it runs a job. */
  busy: boolean;
  /** A release is under way: what VRAM does now is no job's doing. */
  releasing: boolean;
  /** Come since the moment before. */
  xids: readonly Xid[];
}
