import type { Observed } from "./observed.ts";
import type { Tracked, TrackedProcess } from "./track-processes.ts";

/** A release that took this share of a process's recent maximum has ended what it was doing. */
const GIVEN_BACK_SHARE = 0.5;

/**
 * The processes after a release: one that has given back half of its recent maximum to it begins anew, with what it
 * holds now. Who released its models wants the room for something else; its next job shows itself by its VRAM. A process
 * of no released backend, or one that held as little before, is between two humps perhaps: it keeps its promise. Pure.
 * @param before the processes when the release began
 * @param backends ids of the backends that have released
 */
export function forgetReleased({ gpus }: Tracked, before: Tracked, backends: readonly string[]): Tracked {
  const next = [...gpus].map(([index, gpu]) => {
    const processes = [...gpu.processes].map(([pid, process]) => {
      const heldBefore = before.gpus.get(index)?.processes.get(pid)?.heldMiB ?? null;
      return [pid, afterRelease(process, heldBefore, backends)] as const;
    });
    return [index, { ...gpu, processes: new Map(processes) }] as const;
  });
  return { gpus: new Map(next) };
}

function afterRelease(
  process: TrackedProcess,
  heldBefore: number | null,
  backends: readonly string[],
): TrackedProcess {
  const { heldMiB, recentMaxMiB, lastSeenMs, backend } = process;
  if (backend !== null && !backends.includes(backend)) return process;
  if (heldMiB === null || heldBefore === null) return process;
  const half = recentMaxMiB * GIVEN_BACK_SHARE;
  if (heldMiB > half || heldBefore - heldMiB < half) return process;
  const window = { startedMs: lastSeenMs, nowMiB: heldMiB, beforeMiB: 0 };
  return { ...process, job: null, recentMaxMiB: heldMiB, busyAtMs: null, window };
}

/**
 * VRAM that no process accounts for, after a release: what has given back half of its maximum to it was the released
 * backends', whose processes the machine hides (a container without the host's pids), and begins anew with what is left.
 * On a GPU where a process of theirs is listed it is of other programs, which may come back. Pure.
 * @param before when the release began
 */
export function forgetReleasedOthers(
  others: Observed["others"],
  before: Pick<Observed, "others" | "tracked">,
  backends: readonly string[],
): Observed["others"] {
  if (backends.length === 0) return others;
  const isListed = ({ backend }: TrackedProcess) => backend !== null && backends.includes(backend);
  return new Map(
    [...others].map(([index, now]) => {
      const then = before.others.get(index);
      const listed = [...(before.tracked.gpus.get(index)?.processes.values() ?? [])].some(isListed);
      const half = Math.max(now.nowMiB, now.beforeMiB) * GIVEN_BACK_SHARE;
      if (then === undefined || listed || now.lastMiB > half || then.lastMiB - now.lastMiB < half)
        return [index, now];
      return [index, { ...now, nowMiB: now.lastMiB, beforeMiB: now.lastMiB }];
    }),
  );
}
