import { readFileSync } from "node:fs";
import { parseStat } from "../release/owners/parse-proc.ts";

/** Tells which of the jobs' processes are gone. */
export interface PidWatch {
  /**
   * A pid proves nothing before it was seen here, nor where its number was given to another process meanwhile.
   * @param start when it began, where that is known
   */
  hasGone(jobId: string, pid: number, start?: string | null): boolean;
  /** Whether there is such a process here that began then: another container's or machine's is none. */
  isHere(pid: number, start: string): boolean;
  forget(jobId: string): void;
}

/** @param startOf when the process began, by the kernel's clock; `null`: there is no such process */
export function createPidWatch(startOf: (pid: number) => string | null = startTimeOf): PidWatch {
  const seen = new Map<string, { pid: number; start: string }>();
  return {
    isHere: (pid, start) => startOf(pid) === start,
    hasGone(jobId, pid, began = null) {
      const start = startOf(pid);
      if (began !== null) return start !== began;
      const known = seen.get(jobId);
      if (known?.pid === pid) return known.start !== start;
      if (start !== null) seen.set(jobId, { pid, start });
      return false;
    },
    forget: (jobId) => void seen.delete(jobId),
  };
}

/** Linux only: elsewhere no process is ever seen, and so none is ever gone. */
function startTimeOf(pid: number): string | null {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
    // One that has ended holds nothing any more, though nobody may have asked for its exit code.
    return stat === null || stat.hasEnded ? null : stat.startTime;
  } catch {
    return null;
  }
}
