import { readFileSync } from "node:fs";
import { parseStat } from "../release/owners/parse-proc.ts";

/** Tells which of the jobs' processes are gone. */
export interface PidWatch {
  /** A pid proves nothing before it was seen here, nor where its number was given to another process meanwhile. */
  hasGone(jobId: string, pid: number): boolean;
  forget(jobId: string): void;
}

/** @param startOf when the process began, by the kernel's clock; `null`: there is no such process */
export function createPidWatch(startOf: (pid: number) => string | null = startTimeOf): PidWatch {
  const seen = new Map<string, { pid: number; start: string }>();
  return {
    hasGone(jobId, pid) {
      const start = startOf(pid);
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
    return parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"))?.startTime ?? null;
  } catch {
    return null;
  }
}
