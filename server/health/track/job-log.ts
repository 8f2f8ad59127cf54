import type { Gpu } from "../../../shared/gpu/gpu.ts";
import type { Moment } from "../moment.ts";
import type { EndedJob, Episode, JobEnd } from "./track.ts";

const KEPT = 16;
const SETTLES_MS = 15_000;

/** The jobs that have ended on one GPU after one more sample. A release begins the log anew. Pure. */
export function followLog(
  log: readonly EndedJob[],
  ends: readonly JobEnd[],
  gpu: Gpu,
  episode: Episode | null,
  { nowMs, releasing }: Moment,
): readonly EndedJob[] {
  if (releasing) return log.length === 0 ? log : [];
  let next = log;
  const last = log.at(-1);
  if (last !== undefined && !last.settled) next = [...log.slice(0, -1), close(last, gpu, episode, nowMs)];
  if (ends.length === 0) return next;
  const added = ends.map(
    (end): EndedJob => ({
      ...end,
      afterMiB: episode === null ? gpu.memoryUsedMiB : null,
      settled: episode !== null,
      processes: gpu.processes,
    }),
  );
  return [...next, ...added].slice(-KEPT);
}

function close(last: EndedJob, gpu: Gpu, episode: Episode | null, nowMs: number): EndedJob {
  if (episode !== null || nowMs - last.endedMs > SETTLES_MS) return { ...last, settled: true };
  const { memoryUsedMiB: used, processes } = gpu;
  if (used === null) return last;
  return { ...last, processes, afterMiB: last.afterMiB === null ? used : Math.min(last.afterMiB, used) };
}
