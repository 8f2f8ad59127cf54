import { CONTEXT_MIB } from "../../shared/release/estimate.ts";
import type { ReleaseRecord } from "../../shared/release/record.ts";

/** What is known of a backend beside its past releases. */
export interface NowOf {
  /** Its processes that hold VRAM, each as `pid@start`; empty where the machine tells none. */
  processes: readonly string[];
  /** It may have been started anew before this moment, epoch ms: counts where no process tells whether it was. */
  sinceMs: number;
}

/** So many in a row, and no estimate counts on one more. */
const IN_VAIN = 2;

/**
 * Whether the last two releases of a backend that were measured gave nothing back, though more than a context was loaded,
 * and its process is still the same. Pure.
 * @param records newest first
 */
export function givesNothing(
  records: readonly ReleaseRecord[],
  backend: string,
  { processes, sinceMs }: NowOf,
): boolean {
  const measured = records.flatMap(({ startedAt, parts, did }) =>
    parts.flatMap((part) =>
      did === undefined && part.backend === backend && part.freedMiB !== null ? [{ startedAt, part }] : [],
    ),
  );
  const last = measured.slice(0, IN_VAIN);
  if (last.length < IN_VAIN) return false;
  return last.every(({ startedAt, part }) => {
    if (part.problem !== "nothing-freed" || (part.keptMiB ?? 0) <= CONTEXT_MIB) return false;
    const then = part.processes ?? [];
    // Where they were told once, one that is told no more is gone.
    return then.length > 0 ? then.some((one) => processes.includes(one)) : startedAt >= sinceMs;
  });
}
