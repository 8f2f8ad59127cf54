import { expectedMs } from "../learning/durations.ts";
import { figureOf } from "../learning/figure.ts";
import type { CapacityState, Figure, JobAsk } from "../model.ts";
import type { Policy } from "../policy.ts";
import type { Placing } from "../room/place.ts";

export interface JobPlacing extends Placing {
  figure: Figure;
}

/** A job as the room sees it. */
export function placingOf(job: JobAsk, state: CapacityState, nowMs: number, policy: Policy): JobPlacing {
  const { asker, pid, backend, gpuCount, on, jobClass } = job;
  const figure = figureOf(jobClass, state, policy);
  return {
    figure,
    gpuCount,
    on,
    endsMs: nowMs + expectedMs(jobClass, state),
    wish: {
      asker,
      pid: policy.usePids ? pid : null,
      backend,
      mib: figure.mib,
      needMiB: figure.needMiB,
      isUnknown: figure.basis === "nothing",
    },
  };
}
