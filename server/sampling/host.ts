import { readFileSync } from "node:fs";
import { availableParallelism, cpus, hostname, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import type { HostState } from "../../shared/protocol/state.ts";
import type { HostFigures } from "../health/moment.ts";
import { steadyMs } from "../lib/clock.ts";
import { readCgroup } from "./cgroup.ts";

const MIB = 1024 * 1024;

/** The host as viewers see it, and what the health rules look at besides. */
export interface HostReading {
  state: HostState;
  figures: HostFigures;
}

/**
 * CPU and memory of this machine, and of this container where it has limits, read from /proc and the cgroup files
 * directly: some ten small files.
 * @param nowMs of any clock that does not go back
 * @param root another folder in the place of `/`, for tests
 */
export function readHost(nowMs = steadyMs(), root = "/"): HostReading {
  const read = (path: string) => readText(join(root, path));
  const meminfo = read("/proc/meminfo");
  const totalMiB = kibIn(meminfo, "MemTotal") ?? totalmem() / MIB;
  const availableMiB = kibIn(meminfo, "MemAvailable");
  const { memory, oomKills, cpu } = readCgroup(read, totalMiB);
  const load1 =
    process.platform === "win32" ? null : (firstNumber(read("/proc/loadavg")) ?? loadavg()[0] ?? null);
  // Within a limit no more is available than the limit leaves, nor than the machine has.
  const within =
    memory === null
      ? availableMiB
      : Math.max(0, Math.min(memory.limitMiB - memory.usedMiB, availableMiB ?? Number.POSITIVE_INFINITY));
  // The container's limit counts where it will be reached first.
  const ofContainer =
    memory !== null && (availableMiB === null || memory.limitMiB - memory.usedMiB <= availableMiB);
  const vmstat = /^oom_kill (\d+)/m.exec(read("/proc/vmstat"))?.[1];
  return {
    state: {
      name: hostname(),
      cpuCount: availableParallelism(),
      load1: load1 === null ? null : Math.round(load1 * 100) / 100,
      memoryTotalMiB: Math.round(totalMiB),
      memoryAvailableMiB: within === null ? null : Math.round(within),
      memoryLimitMiB: memory?.limitMiB ?? null,
      cpuLimit: cpu === null ? null : Math.round(cpu.cores * 100) / 100,
    },
    figures: {
      atMs: nowMs,
      load1,
      // The load is the whole machine's, also in a container.
      coreCount: cpus().length || availableParallelism(),
      cpuLimit: cpu?.cores ?? null,
      cpuPeriods: cpu === null ? null : { throttled: cpu.throttled, all: cpu.all },
      memoryUsedMiB: ofContainer ? memory.usedMiB : availableMiB === null ? null : totalMiB - availableMiB,
      memoryMostMiB: ofContainer ? memory.limitMiB : totalMiB,
      memoryOf: ofContainer ? "container" : "machine",
      oomKills: memory === null ? (vmstat === undefined ? null : Number(vmstat)) : oomKills,
    },
  };
}

/** True in Windows' Linux (WSL), also in a container there: its kernel names itself after Microsoft. */
export function isWsl(): boolean {
  return /microsoft/i.test(readText("/proc/sys/kernel/osrelease"));
}

function kibIn(meminfo: string, name: string): number | null {
  const kib = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(meminfo)?.[1];
  return kib === undefined ? null : Number(kib) / 1024;
}

function firstNumber(text: string): number | null {
  const value = Number.parseFloat(text);
  return Number.isFinite(value) ? value : null;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
