import type { GpuProcess } from "../../shared/gpu/gpu.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { ReplayState } from "../../shared/protocol/replay.ts";
import type { Tick } from "./assemble-tick.ts";

/** What a source has to say. Nothing about the GPU is thrown. */
export type SourceEvent =
  /** One sample of every GPU that answered. `warning`: something is wrong with one that did not. */
  | { type: "tick"; tick: Tick; warning: Problem | null }
  /** No samples at present. `stale`: the first try to get them back is under way; `failed`: it failed too, or cannot help. */
  | { type: "problem"; problem: Problem; status: "stale" | "failed" }
  /** The first sample takes long. */
  | { type: "waiting"; problem: Problem }
  /** A recording goes to another moment: this is what is shown there, and time may have gone back. */
  | { type: "jump"; tick: Tick; tMs: number }
  /** A recording is played in another way. */
  | { type: "replay" };

/** Compute processes by GPU UUID. A GPU without processes is missing. */
export type ProcessesByGpu = ReadonlyMap<string, readonly GpuProcess[]>;

/** An answer to the question for compute processes. */
export interface ProcessAnswer {
  /** `null`: they cannot be had. */
  processes: ProcessesByGpu | null;
  /** CPU time that the answer took; `null` where that is not told. */
  cpuMs: number | null;
}

/** Where samples come from. One interface for nvidia-smi, the demo machine and recordings. */
export interface SampleSource {
  readonly kind: "nvidia-smi" | "demo" | "replay" | "redis";
  subscribe(listener: (event: SourceEvent) => void): () => void;
  start(): void;
  /** Changes the rate; the stream of samples does not break off over it. Never emits within the call. */
  setIntervalMs(intervalMs: number): void;
  /** Ends the wait before the next try, where one is going on; says whether. */
  retryNow?(): boolean;
  /** Asks once for the compute processes. */
  queryProcesses(): Promise<ProcessAnswer>;
  /** The clock of its ticks, in ms; missing where that is the steady clock. */
  nowMs?(): number;
  /** A recording and how it is played. */
  replay?(): ReplayState | null;
  /** Distance of its samples where that is not ours to choose (ms, `null`: not known yet). */
  ownIntervalMs?(): number | null;
  close(): Promise<void>;
}
