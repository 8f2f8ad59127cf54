import type { GpuProcess } from "../../../shared/gpu/gpu.ts";
import { CLEAR } from "../hold.ts";
import { AT_ONCE, type GpuRule, type SettingsOf } from "../rule.ts";

/** After each of several jobs more VRAM is in use than after the one before. */
export function leak({ jobs, perJobMiB }: SettingsOf<"leak">): GpuRule {
  return {
    id: "leak",
    timing: AT_ONCE,
    judge({ gpu, track }) {
      const after = track.log.flatMap(({ afterMiB, settled, endedMs, processes }) =>
        afterMiB === null || !settled ? [] : [{ afterMiB, endedMs, processes }],
      );
      let first = after.length - 1;
      while (first > 0 && rises(after[first - 1]?.afterMiB, after[first]?.afterMiB, perJobMiB)) first--;
      const [begin, end] = [after[first], after.at(-1)];
      const count = after.length - 1 - first;
      if (begin === undefined || end === undefined || count < jobs) return CLEAR;
      return {
        level: "danger",
        severity: "warning",
        params: {
          gpu: gpu.index,
          jobs: count,
          mib: Math.round((end.afterMiB - begin.afterMiB) / count),
          process: growing(begin.processes, end.processes),
        },
        news: end.endedMs,
        sinceMs: begin.endedMs,
      };
    },
  };
}

function rises(before: number | undefined, after: number | undefined, least: number): boolean {
  return before !== undefined && after !== undefined && after - before >= least;
}

/** The process that has grown most, as `name (PID n)`; an empty text where the driver does not tell. */
function growing(before: readonly GpuProcess[] | null, after: readonly GpuProcess[] | null): string {
  let [most, found]: [number, GpuProcess | null] = [0, null];
  for (const process of after ?? []) {
    const was = before?.find(({ pid }) => pid === process.pid)?.usedMiB ?? 0;
    const grown = (process.usedMiB ?? 0) - was;
    if (grown > most) [most, found] = [grown, process];
  }
  return found === null ? "" : `${found.name ?? "?"}, PID ${found.pid}`;
}
