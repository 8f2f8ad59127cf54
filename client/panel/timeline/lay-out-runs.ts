import type { Run } from "../../../shared/timeline/run.ts";

/** A stretch of the time axis, as shares of it from 0 (left) to 1 (right). */
export interface Stretch {
  left: number;
  right: number;
}

export interface PhaseStretch extends Stretch {
  /** Counts the phases of its run from 1, those that lie outside of the window too. */
  n: number;
  name: string | null;
  /** `null`: not seen. */
  mib: number | null;
}

/** One job on the axis. */
export interface RunStretch extends Stretch {
  run: Run;
  /** It began before the window, so that its left end is no start. */
  isCut: boolean;
  phases: PhaseStretch[];
}

/** Jobs in lanes, so that no two overlap in one; the lanes in the order in which their first jobs began. */
export interface RunLanes {
  lanes: RunStretch[][];
  /** Jobs in the window for which there was no lane. */
  hidden: number;
}

/**
 * The jobs of one GPU that touch the window from `fromMs` to `toMs` (epoch milliseconds, as in {@link Run}), each as
 * early a lane as is free. A job that runs reaches to the right edge. Pure.
 */
export function layOutRuns(
  runs: readonly Run[],
  gpu: number,
  fromMs: number,
  toMs: number,
  mostLanes: number,
): RunLanes {
  const span = toMs - fromMs;
  const share = (atMs: number) => Math.min(1, Math.max(0, (atMs - fromMs) / span));
  const lanes: RunStretch[][] = [];
  let hidden = 0;
  const shown = runs
    .filter((run) => run.gpu === gpu && run.startedAt < toMs && (run.endedAt ?? toMs) > fromMs)
    .sort((a, b) => a.startedAt - b.startedAt);
  for (const run of shown) {
    const left = share(run.startedAt);
    const right = share(run.endedAt ?? toMs);
    if (right <= left) continue;
    const free = lanes.find((lane) => (lane.at(-1)?.right ?? 0) <= left);
    if (free === undefined && lanes.length >= mostLanes) {
      hidden++;
      continue;
    }
    const placed = { run, left, right, isCut: run.startedAt < fromMs, phases: phasesOf(run, share, right) };
    if (free === undefined) lanes.push([placed]);
    else free.push(placed);
  }
  return { lanes, hidden };
}

function phasesOf({ phases, startedAt }: Run, share: (atMs: number) => number, end: number): PhaseStretch[] {
  return phases.flatMap(({ name, mib, startedAt: at }, i) => {
    const left = share(i === 0 ? startedAt : at);
    const next = phases[i + 1];
    const right = next === undefined ? end : Math.min(end, share(next.startedAt));
    return right > left ? [{ n: i + 1, name, mib, left, right }] : [];
  });
}
