import { readFileSync } from "node:fs";

/** Kept for HTTP, logs, databases and nvidia-smi. */
const RESERVED = 128;
/** Where the system does not tell how many files a process may open. */
const OTHERWISE = 4096;

/** How many viewers there may be: each takes one of the files that this process may open. */
export function mostViewers(): number {
  try {
    const limit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]);
    return Number.isFinite(limit) ? Math.max(1, limit - Math.min(RESERVED, limit / 2)) : OTHERWISE;
  } catch {
    return OTHERWISE;
  }
}
