import type { BlockStore } from "./block-store.ts";
import { blockMsOf, LEVELS, SLACK_MS } from "./levels.ts";

/** Two clocks at one moment: one that people set, and one that only goes on. */
export interface Clocks {
  wallMs: number;
  steadyMs: number;
}

/** A machine that has just started or whose clock was just set may not know the date yet. */
const REST_MS = 10 * 60_000;
const JUMP_MS = 60_000;
/** Small steps: deleting holds everything else up. */
const BLOCKS_A_STEP = 200;

/** Beginning of the oldest block of a level that is kept. */
export const keptSince = (bucketMs: number, keepMs: number, wallMs: number) =>
  wallMs - keepMs - SLACK_MS - blockMsOf(bucketMs);

/** Decides when what is old may go: one level at a time, and never soon after the clock was set. */
export function createPruning(start: Clocks) {
  let before = start;
  let restUntilMs = start.steadyMs + REST_MS;
  let turn = 0;
  return {
    /** To be called about once a minute. Tells whether deleting is safe now. */
    check(now: Clocks): boolean {
      const jumpMs = now.wallMs - before.wallMs - (now.steadyMs - before.steadyMs);
      before = now;
      if (Math.abs(jumpMs) > JUMP_MS) restUntilMs = now.steadyMs + REST_MS;
      return now.steadyMs >= restUntilMs;
    },
    /** Deletes a few blocks of the next level. */
    step(store: BlockStore, wallMs: number) {
      const level = LEVELS[turn++ % LEVELS.length];
      if (level === undefined) return;
      store.prune(level.bucketMs, keptSince(level.bucketMs, level.keepMs, wallMs), BLOCKS_A_STEP);
    },
  };
}
