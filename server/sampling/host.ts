import { readFileSync } from "node:fs";
import { availableParallelism, hostname, loadavg, totalmem } from "node:os";
import type { HostState } from "../../shared/protocol/state.ts";

const MIB = 1024 * 1024;

/** CPU and memory of this machine, read from /proc and the cgroup files directly: a few microseconds of work. */
export function readHost(): HostState {
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(readText("/proc/meminfo"))?.[1];
  return {
    name: hostname(),
    cpuCount: availableParallelism(),
    load1: process.platform === "win32" ? null : Math.round((loadavg()[0] ?? 0) * 100) / 100,
    memoryTotalMiB: Math.round(totalmem() / MIB),
    memoryAvailableMiB: available === undefined ? null : Math.round(Number(available) / 1024),
    memoryLimitMiB: cgroupLimitMiB(),
  };
}

/** True in Windows' Linux (WSL), also in a container there: its kernel names itself after Microsoft. */
export function isWsl(): boolean {
  return /microsoft/i.test(readText("/proc/sys/kernel/osrelease"));
}

/** The container's memory limit: cgroup v2, then v1. A limit above the machine's memory is none. */
function cgroupLimitMiB(): number | null {
  for (const path of ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]) {
    const bytes = Number(readText(path).trim() || Number.NaN);
    if (Number.isFinite(bytes) && bytes < totalmem()) return Math.round(bytes / MIB);
  }
  return null;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
