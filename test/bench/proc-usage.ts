import { readdirSync, readFileSync } from "node:fs";

/** CPU seconds of a process and its threads so far, its children and threads that have ended not counted. */
export function cpuSeconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  // Nanoseconds; the ticks in `stat` are a tenth of what is measured here.
  const ran = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]),
  );
  return ran.reduce((sum, one) => sum + one, 0) / 1e9;
}

/** Memory that a process holds now, MiB. */
export function residentMib(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1024;
}
