import type { GpuProcess } from "../../shared/gpu/gpu.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { Tick } from "./assemble-tick.ts";

/** What a source has to say. Nothing about the GPU is thrown. */
export type SourceEvent =
  /** One sample of every GPU that answered. `warning`: something is wrong with one that did not. */
  | { type: "tick"; tick: Tick; warning: Problem | null }
  /** No samples at present. `stale`: the first try to get them back is under way; `failed`: it failed too, or cannot help. */
  | { type: "problem"; problem: Problem; status: "stale" | "failed" };

/** Compute processes by GPU UUID. A GPU without processes is missing. */
export type ProcessesByGpu = ReadonlyMap<string, readonly GpuProcess[]>;

/** Where samples come from. One interface for nvidia-smi and the demo machine. */
export interface SampleSource {
  readonly kind: "nvidia-smi" | "demo";
  subscribe(listener: (event: SourceEvent) => void): () => void;
  start(): void;
  /** Changes the rate; the stream of samples does not break off over it. */
  setIntervalMs(intervalMs: number): void;
  /** Asks once for the compute processes; `null` when they cannot be had. */
  queryProcesses(): Promise<ProcessesByGpu | null>;
  close(): Promise<void>;
}
