import { readFileSync } from "node:fs";
import { type ProcessStat, parseStat } from "../release/owners/parse-proc.ts";
import { LONGEST_LINEAGE } from "../release/owners/read-proc.ts";

const MOST_REMEMBERED = 1000;

/**
 * Finds the process among `roots` that another one has come from, or is; itself where there is none. A process keeps its
 * root when what stood between them has ended. Linux only; elsewhere no process has come from another.
 * @param statOf what the kernel tells of a process; `null`: there is none
 */
export function createLineage(
  statOf: (pid: number) => ProcessStat | null = readStat,
): (pid: number, roots: ReadonlySet<number>) => number {
  const remembered = new Map<number, { startTime: string; root: number }>();
  return (pid, roots) => {
    const own = statOf(pid);
    if (own === null) return pid;
    let current = pid;
    let stat: ProcessStat | null = own;
    for (let depth = 0; depth < LONGEST_LINEAGE && stat !== null; depth++) {
      if (roots.has(current)) {
        if (remembered.size > MOST_REMEMBERED) remembered.clear();
        remembered.set(pid, { startTime: own.startTime, root: current });
        return current;
      }
      current = stat.parent;
      stat = current > 1 ? statOf(current) : null;
    }
    const known = remembered.get(pid);
    return known?.startTime === own.startTime && roots.has(known.root) ? known.root : pid;
  };
}

function readStat(pid: number): ProcessStat | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return null;
  }
}
