// The only file that reads the system's clocks.

/** Milliseconds of a clock that never goes back and knows no time of day: for everything that lasts. */
export const steadyMs = (): number => performance.now();

/** Epoch milliseconds by the wall clock, which may be set at any moment: for what is stamped with the time of day. */
export const wallMs = (): number => Date.now();

/** The samples' clock, and what time of day its moments have. */
export interface Time {
  /** Epoch milliseconds of the samples' time 0 as the start knew it; with it `nowMs` never goes back. */
  readonly startMs: number;
  /** `startMs` and the samples' time since: for durations between moments of one run. */
  nowMs(): number;
  /** The time of day of a moment of `nowMs`, by the wall clock as it goes now. */
  wallOf(nowMs: number): number;
  /** Epoch milliseconds of the samples' time 0, by the wall clock as it goes now. */
  epochMs(): number;
  /** True once after the wall clock was set, or the machine slept: what viewers were told in epoch milliseconds is off. */
  jumped(): boolean;
}

/** So far apart may the clocks drift before somebody notices it on a page, ms. */
const JUMP_MS = 2000;

/**
 * @param sinceStartMs the samples' clock
 * @param isRecording the time of a recording is its own, counted from 1970
 */
export function createTime(sinceStartMs: () => number, isRecording: boolean, wall = wallMs): Time {
  const zeroMs = () => (isRecording ? 0 : wall() - Math.round(sinceStartMs()));
  const startMs = zeroMs();
  let knownMs = startMs;
  let toldMs = startMs;
  /** One figure until the clock is set: what moved by a millisecond would be news to everybody. */
  function epochMs() {
    const now = zeroMs();
    if (Math.abs(now - knownMs) >= JUMP_MS) knownMs = now;
    return knownMs;
  }
  return {
    startMs,
    nowMs: () => startMs + sinceStartMs(),
    wallOf: (nowMs) => nowMs - startMs + epochMs(),
    epochMs,
    jumped() {
      if (epochMs() === toldMs) return false;
      toldMs = knownMs;
      return true;
    },
  };
}
