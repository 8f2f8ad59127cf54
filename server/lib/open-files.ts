import { readFileSync } from "node:fs";

/** Where the system does not tell how many files a process may open. */
const OTHERWISE = 4096;
/** Kept for logs, databases and nvidia-smi; of a small limit half at most. */
const FOR_FILES = 64;
/** Kept beside viewers for whoever asks by HTTP. */
const FOR_HTTP = 64;

function openFiles(): number {
  try {
    const limit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]);
    return Number.isFinite(limit) ? limit : OTHERWISE;
  } catch {
    return OTHERWISE;
  }
}

const without = (kept: number) => {
  const limit = openFiles();
  return Math.max(1, limit - Math.min(kept, limit / 2));
};

/** How many connections there may be: each takes one of the files that this process may open. */
export const mostConnections = (): number => without(FOR_FILES);

/** How many of them may be viewers. */
export const mostViewers = (): number => without(FOR_FILES + FOR_HTTP);
