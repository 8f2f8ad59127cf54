import type { Gpu } from "./gpu.ts";

/** One tick of the source: every GPU of the machine at one moment. */
export interface Sample {
  /** Counts the samples of one sidecar run from 1; a jump means samples were missed. */
  seq: number;
  /** When it was measured, in milliseconds since the sidecar's epoch (`hello.epochMs`). */
  tMs: number;
  gpus: readonly Gpu[];
}
