import { expectedMs } from "../learning/durations.ts";
import { figureOf, sumsMiB } from "../learning/figure.ts";
import type { CapacityState, Figure, JobAsk, JobBase, RunningJob } from "../model.ts";
import type { Policy } from "../policy.ts";
import type { Placing } from "../room/place.ts";

export interface JobPlacing extends Placing {
  figure: Figure;
  /** As long as such jobs take. */
  lastsMs: number;
}

/** A job as the room sees it. */
export function placingOf(job: JobAsk, state: CapacityState, policy: Policy): JobPlacing {
  const { asker, pid, backend, gpuCount, on, jobClass } = job;
  const figure = figureOf(jobClass, state, policy);
  const lastsMs = expectedMs(jobClass, state);
  return {
    figure,
    gpuCount,
    on,
    endsMs: state.atMs + lastsMs,
    lastsMs,
    wish: {
      asker,
      pid: policy.usePids ? pid : null,
      backend,
      key: jobClass.key,
      mib: figure.mib,
      needMiB: figure.needMiB,
      sumsMiB: pid === null && backend === null ? [] : sumsMiB(jobClass, state, policy),
      isUnknown: figure.basis === "nothing",
    },
  };
}

/** A job that starts now. */
export function runningJob(
  job: JobBase,
  { gpus, figureMiB, figures }: Pick<RunningJob, "gpus" | "figureMiB" | "figures">,
  { figure, lastsMs, wish }: JobPlacing,
  ownMiB: number,
  startedMs: number,
): RunningJob {
  const times = { startedMs, expectedMs: lastsMs };
  return {
    ...job,
    ...times,
    kind: "running",
    gpus,
    figureMiB,
    figures,
    basis: figure.basis,
    ownMiB,
    seenMiB: 0,
    aloneMiB: 0,
    together: 1,
    sumsMiB: wish.sumsMiB,
  };
}
