import type { Problem } from "../../shared/problems/problem.ts";
import type { Release } from "../../shared/release/release.ts";

/** Problems that hold no longer once more VRAM has come back. */
const OVER_WITH_MORE: readonly string[] = ["nothing-freed", "vram-grew", "not-measured"];

/** Corrects a verdict by what has come back since. Pure. */
export function withLate(
  verdict: Release,
  freedMiB: number,
  late: NonNullable<Release["late"]>,
): Partial<Release> {
  const isOver = (found: Problem | null) => found === null || OVER_WITH_MORE.includes(found.code);
  const { parts } = verdict;
  const unfreed = parts.findIndex(({ problem: found }) => found !== null && isOver(found));
  const place = unfreed >= 0 ? unfreed : parts.length - 1;
  return {
    freedMiB,
    late,
    unsettled: false,
    ...(isOver(verdict.problem) ? { state: "done", problem: null } : {}),
    parts: parts.map((part, i) => {
      if (i !== place) return part;
      const freed = { ...part, freedMiB: Math.max(0, part.freedMiB ?? 0) + late.freedMiB };
      return isOver(part.problem) ? { ...freed, state: "done", problem: null } : freed;
    }),
  };
}
