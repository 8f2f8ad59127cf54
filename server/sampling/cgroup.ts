import { posix } from "node:path";

/** Reads a file as text; an empty text where it cannot be read. */
export type ReadText = (path: string) => string;

/** What the control groups of this process allow it, and what it has used of that. `null`: no limit, or not told. */
export interface Cgroup {
  memory: { limitMiB: number; usedMiB: number } | null;
  /** Processes killed for want of memory. */
  oomKills: number | null;
  cpu: { cores: number; throttled: number; all: number } | null;
}

const MIB = 1024 * 1024;
const ROOT = "/sys/fs/cgroup";

/** Names of the files of one version of control groups. */
interface Files {
  limit: string;
  used: string;
  /** Line of `memory.stat`: pages of files that can be dropped at any time. */
  inactive: RegExp;
  kills: string;
}
const V2: Files = {
  limit: "memory.max",
  used: "memory.current",
  inactive: /^inactive_file (\d+)/m,
  kills: "memory.events",
};
const V1: Files = {
  limit: "memory.limit_in_bytes",
  used: "memory.usage_in_bytes",
  inactive: /^total_inactive_file (\d+)/m,
  kills: "memory.oom_control",
};

/**
 * The narrowest limits from this process's control group up to the root of what is mounted, cgroup v2 and v1.
 * @param totalMiB of the machine: a limit that is not below it is none
 */
export function readCgroup(read: ReadText, totalMiB: number): Cgroup {
  const own = read("/proc/self/cgroup");
  const v2 = /^0::(\/.*)$/m.exec(own)?.[1];
  if (read(`${ROOT}/cgroup.controllers`) !== "") {
    const folders = upwards(ROOT, v2 ?? "/");
    return { ...memoryOf(folders, V2, read, totalMiB), cpu: narrowest(folders, (at) => cpuV2(at, read)) };
  }
  const group = (controller: string) =>
    new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(/.*)$`, "m").exec(own)?.[1] ?? "/";
  const cpuFolders = ["cpu", "cpu,cpuacct"].flatMap((name) => upwards(`${ROOT}/${name}`, group("cpu")));
  return {
    ...memoryOf(upwards(`${ROOT}/memory`, group("memory")), V1, read, totalMiB),
    cpu: narrowest(cpuFolders, (at) => cpuV1(at, read)),
  };
}

/** The folder of the group and those above it, narrowest first. In a container the group's own path may not be there. */
function upwards(base: string, group: string): string[] {
  const folders: string[] = [];
  for (let at = posix.normalize(group); ; at = posix.dirname(at)) {
    // A path that leads out (`/../..`) is how a group above the container's is named.
    if (!at.includes("..")) folders.push(posix.join(base, at));
    if (at === "/" || at === ".") return folders;
  }
}

function memoryOf(folders: readonly string[], files: Files, read: ReadText, totalMiB: number) {
  let memory: Cgroup["memory"] = null;
  let oomKills: number | null = null;
  for (const folder of folders) {
    const limit = numberIn(read(`${folder}/${files.limit}`), /^(\d+)$/m);
    if (limit === null || limit / MIB >= Math.min(totalMiB, memory?.limitMiB ?? Number.POSITIVE_INFINITY))
      continue;
    const used = numberIn(read(`${folder}/${files.used}`), /^(\d+)$/m);
    if (used === null) continue;
    const inactive = numberIn(read(`${folder}/memory.stat`), files.inactive) ?? 0;
    memory = { limitMiB: Math.round(limit / MIB), usedMiB: Math.round(Math.max(0, used - inactive) / MIB) };
    oomKills = numberIn(read(`${folder}/${files.kills}`), /^oom_kill (\d+)/m);
  }
  return { memory, oomKills };
}

function narrowest(folders: readonly string[], readAt: (folder: string) => Cgroup["cpu"]): Cgroup["cpu"] {
  let least: Cgroup["cpu"] = null;
  for (const folder of folders) {
    const found = readAt(folder);
    if (found !== null && (least === null || found.cores < least.cores)) least = found;
  }
  return least;
}

function cpuV2(folder: string, read: ReadText): Cgroup["cpu"] {
  const [, quota, period] = /^(\d+) (\d+)/.exec(read(`${folder}/cpu.max`)) ?? [];
  return cpuOf(Number(quota), Number(period), folder, read);
}

function cpuV1(folder: string, read: ReadText): Cgroup["cpu"] {
  const quota = numberIn(read(`${folder}/cpu.cfs_quota_us`), /^(\d+)$/m);
  const period = numberIn(read(`${folder}/cpu.cfs_period_us`), /^(\d+)$/m);
  return cpuOf(quota ?? Number.NaN, period ?? Number.NaN, folder, read);
}

function cpuOf(quota: number, period: number, folder: string, read: ReadText): Cgroup["cpu"] {
  const cores = quota / period;
  if (!Number.isFinite(cores) || cores <= 0) return null;
  const stat = read(`${folder}/cpu.stat`);
  const all = numberIn(stat, /^nr_periods (\d+)/m) ?? 0;
  return { cores, all, throttled: numberIn(stat, /^nr_throttled (\d+)/m) ?? 0 };
}

function numberIn(text: string, pattern: RegExp): number | null {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? null : Number(found);
}
