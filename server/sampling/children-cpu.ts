import { readFileSync } from "node:fs";

/** Linux counts in hundredths of a second, whatever the kernel's own clock is. */
const TICK_MS = 10;
/** `cutime` and `cstime` of proc(5), counted from the state, which is the first after the name. */
const [CUTIME, CSTIME] = [13, 14];

/**
 * CPU time of all children of this process that have ended (ms); `null` where the system does not tell. Unlike the
 * time that passes it does not grow because other programs keep the machine busy.
 */
export function childrenCpuMs(read = () => readFileSync("/proc/self/stat", "utf8")): number | null {
  try {
    const text = read();
    // The name may hold spaces and brackets: the last bracket ends it.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[CUTIME]) + Number(fields[CSTIME]);
    return Number.isFinite(ticks) ? ticks * TICK_MS : null;
  } catch {
    return null;
  }
}

/** Measures from now on: CPU time that ended children have taken, rounded up; `null` where that is not told. */
export function meterChildrenCpu(now: () => number | null = childrenCpuMs): () => number | null {
  const before = now();
  return () => {
    const after = now();
    return before === null || after === null ? null : after - before + TICK_MS;
  };
}
