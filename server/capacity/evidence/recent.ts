import type { GpuEvidence, Recent } from "../model.ts";
import type { Policy } from "../policy.ts";

/** Seconds of samples that any rule looks back on. */
const KEPT_MS = 16_000;

export function addRecent(before: readonly Recent[], evidence: GpuEvidence, nowMs: number): Recent[] {
  const { usedMiB, utilizationPct } = evidence;
  // Windows hold three samples at least, however slow the sampling.
  // A second step on the same sample must not count it twice.
  const earlier = before.filter(({ atMs }) => atMs < nowMs);
  const kept = earlier.filter(({ atMs }, i) => nowMs - atMs < KEPT_MS || i >= earlier.length - 2);
  return [...kept, { atMs: nowMs, usedMiB, utilizationPct }];
}

/** Samples whose utilization no declared job and no busy backend explains. */
export function unexplained(recent: readonly Recent[], explainedMs: number): Recent[] {
  return recent.filter(({ atMs }) => atMs > explainedMs);
}

/** VRAM in use rose by more than the threshold since the sample before. */
export function hasGrown(recent: readonly Recent[], { grewUnlistedMiB }: Policy): boolean {
  const [last, now] = recent.slice(-2);
  return last !== undefined && now !== undefined && now.usedMiB - last.usedMiB > grewUnlistedMiB;
}

/** When VRAM in use last moved since then: what a list tells of a process had happened by that time. */
export function lastMovedMs(recent: readonly Recent[], sinceMs: number, { grewMiB }: Policy): number | null {
  const moved = recent.filter(({ atMs, usedMiB }, i) => {
    const before = recent[i - 1];
    return atMs > sinceMs && before !== undefined && Math.abs(usedMiB - before.usedMiB) > grewMiB;
  });
  return moved.at(-1)?.atMs ?? null;
}

/** In two of the last three samples the GPU was above `pct`. */
export function isBusy(recent: readonly Recent[], pct: number): boolean {
  return recent.slice(-3).filter(({ utilizationPct }) => (utilizationPct ?? 0) > pct).length >= 2;
}

/** No more than `blips` samples of the window, nor of the last three, were above `pct`. Unknown is not low. */
export function isLow(recent: readonly Recent[], windowMs: number, pct: number, blips = 0): boolean {
  const nowMs = recent.at(-1)?.atMs ?? 0;
  const window = recent.filter(({ atMs }, i) => nowMs - atMs < windowMs || i >= recent.length - 3);
  const high = window.filter(({ utilizationPct }) => utilizationPct === null || utilizationPct > pct);
  return window.length >= 3 && high.length <= blips;
}
