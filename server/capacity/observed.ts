import type { Knowledge } from "./learn.ts";
import type { RoomsTold } from "./overrun.ts";
import type { Solos } from "./solo.ts";
import type { SeenGpu, Tracked } from "./track-processes.ts";

/** One GPU of one sample. */
export interface ObservedGpu extends SeenGpu {
  memoryTotalMiB: number | null;
  memoryFreeMiB: number | null;
}

/** VRAM of programs that are no jobs: now, and at most in the two halves of a window of a day. */
export interface Others {
  startedMs: number;
  nowMiB: number;
  beforeMiB: number;
  lastMiB: number;
}

/** All that is remembered from sample to sample. Immutable. */
export interface Observed {
  tracked: Tracked;
  knowledge: Knowledge;
  /** By GPU. */
  others: ReadonlyMap<number, Others>;
  /** Least free VRAM of the sample that brought the last process list and the one before, by GPU. */
  freeAtList: ReadonlyMap<number, number>;
  /** Least VRAM in use in any sample, by GPU. */
  leastUsed: ReadonlyMap<number, number>;
  /** When the unnamed process of a GPU was last sure to be there. */
  unnamedAtMs: ReadonlyMap<number, number>;
  /** The machine has told once what a process holds. */
  tells: boolean;
  /** Where it does not: the marked jobs that are alone on their GPUs. */
  solos: Solos;
  /** Least free VRAM from the sample before the last process list until now, by GPU. */
  leastFree: ReadonlyMap<number, number>;
  /** By GPU. */
  told: ReadonlyMap<number, RoomsTold>;
  /** The last sample. */
  gpus: readonly ObservedGpu[];
  /** Processes that a marker has spoken for: their end teaches nothing more. When that was. */
  claimed: ReadonlyMap<number, number>;
  nowMs: number;
}
