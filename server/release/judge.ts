/** VRAM in use on one GPU; `null`: the driver does not tell. */
export interface Level {
  index: number;
  usedMiB: number | null;
}

/** The GPUs at one moment after the call. */
export interface Reading {
  tMs: number;
  levels: readonly Level[];
}

/** What the samples say of a release. */
export type Verdict =
  | { kind: "waiting" }
  /** No GPU reports VRAM in use, or no sample came: nothing can be said. */
  | { kind: "unmeasurable" }
  | { kind: "freed"; freedMiB: number; unsettled: boolean }
  | { kind: "nothing"; freedMiB: number }
  | { kind: "grew"; freedMiB: number };

/** Changes up to this size are noise: a desktop and its browser move this much (MiB). */
export const NOISE_MIB = 64;
/** Settled: this many readings in a row, over `settledMs` at least, within the noise of each other. */
const SETTLED_READINGS = 3;

/** How long is waited for what, milliseconds. */
export interface JudgeLimits {
  /** How long VRAM may take to begin to fall. */
  patienceMs: number;
  settledMs: number;
  longestFallMs: number;
}

/**
 * Judges a release by the samples alone: freed is VRAM in use before the call minus VRAM in use once it has
 * come to rest below that. Pure.
 * @param before levels at the last sample before the call
 * @param after readings taken after the call, oldest first
 * @param waitedMs time since the call was answered
 * @param holding indexes of the GPUs on which the backend may hold more than a context: until each of them has moved, or
 *   the patience is over, what another gave back is not all
 */
export function judge(
  before: readonly Level[],
  after: readonly Reading[],
  waitedMs: number,
  { patienceMs, settledMs, longestFallMs }: JudgeLimits,
  holding: readonly number[] = [],
): Verdict {
  const totals = totalsOf(before, after);
  const last = totals.at(-1);
  if (last === undefined) return waitedMs < patienceMs ? { kind: "waiting" } : { kind: "unmeasurable" };
  const { freedMiB } = last;
  if (freedMiB > NOISE_MIB) {
    const isAll = waitedMs >= patienceMs || holding.every((gpu) => hasMoved(before, after, gpu));
    if (isAll && isSettled(totals, settledMs)) return { kind: "freed", freedMiB, unsettled: false };
    return waitedMs < longestFallMs ? { kind: "waiting" } : { kind: "freed", freedMiB, unsettled: true };
  }
  if (waitedMs < patienceMs) return { kind: "waiting" };
  return { kind: freedMiB < -NOISE_MIB ? "grew" : "nothing", freedMiB };
}

/** Freed in all once it has come to rest, `null` while it moves or is not known. Pure. */
export function settledFreed(
  before: readonly Level[],
  after: readonly Reading[],
  settledMs: number,
): number | null {
  const totals = totalsOf(before, after);
  return isSettled(totals, settledMs) ? (totals.at(-1)?.freedMiB ?? null) : null;
}

function hasMoved(before: readonly Level[], after: readonly Reading[], gpu: number): boolean {
  const freed = freedPerGpu(before, after.at(-1)?.levels ?? []).find(({ index }) => index === gpu)?.freedMiB;
  return freed == null || freed > NOISE_MIB;
}

/** Freed per GPU; `null` where either figure is not known. */
export function freedPerGpu(before: readonly Level[], after: readonly Level[]) {
  return before.map(({ index, usedMiB: beforeMiB }) => {
    const afterMiB = after.find((level) => level.index === index)?.usedMiB ?? null;
    const freedMiB = beforeMiB === null || afterMiB === null ? null : beforeMiB - afterMiB;
    return { index, beforeMiB, afterMiB, freedMiB };
  });
}

function totalsOf(before: readonly Level[], after: readonly Reading[]) {
  return after.flatMap(({ tMs, levels }) => {
    const freedMiB = totalFreed(before, levels);
    return freedMiB === null ? [] : [{ tMs, freedMiB }];
  });
}

/** Freed over all GPUs of which both figures are known; `null`: of none. */
export function totalFreed(before: readonly Level[], after: readonly Level[]): number | null {
  const known = freedPerGpu(before, after).flatMap(({ freedMiB }) => (freedMiB === null ? [] : [freedMiB]));
  return known.length === 0 ? null : known.reduce((sum, mib) => sum + mib, 0);
}

function isSettled(totals: readonly { tMs: number; freedMiB: number }[], settledMs: number): boolean {
  const last = totals.at(-1);
  if (last === undefined) return false;
  const steady: number[] = [];
  for (const { tMs, freedMiB } of totals.toReversed()) {
    if (Math.abs(freedMiB - last.freedMiB) > NOISE_MIB) break;
    steady.push(tMs);
  }
  return steady.length >= SETTLED_READINGS && last.tMs - (steady.at(-1) ?? last.tMs) >= settledMs;
}
