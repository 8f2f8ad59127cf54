import type { Tracked, TrackedProcess } from "./track-processes.ts";

/** A release that took this share of a process's recent maximum has ended what it was doing. */
const GIVEN_BACK_SHARE = 0.5;

/**
 * The processes after a release: one that has given back half of its recent maximum begins anew, with what it holds
 * now. Who released its models wants the room for something else; its next job shows itself by its VRAM. Pure.
 */
export function forgetReleased({ gpus }: Tracked): Tracked {
  const next = [...gpus].map(([index, gpu]) => {
    const processes = [...gpu.processes].map(([pid, process]) => [pid, afterRelease(process)] as const);
    return [index, { ...gpu, processes: new Map(processes) }] as const;
  });
  return { gpus: new Map(next) };
}

function afterRelease(process: TrackedProcess): TrackedProcess {
  const { heldMiB, recentMaxMiB, lastSeenMs } = process;
  if (heldMiB === null || heldMiB > recentMaxMiB * GIVEN_BACK_SHARE) return process;
  const window = { startedMs: lastSeenMs, nowMiB: heldMiB, beforeMiB: 0 };
  return { ...process, job: null, recentMaxMiB: heldMiB, busyAtMs: null, window };
}
