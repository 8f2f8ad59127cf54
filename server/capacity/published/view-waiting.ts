import { problem } from "../../../shared/problems/make-problem.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import { figureOf } from "../learning/figure.ts";
import type { CapacityState } from "../model.ts";
import type { Policy } from "../policy.ts";
import { fitsNever } from "../room/never.ts";
import { neverProblem } from "./reasons.ts";
import { explainWaiting, type WhyWaiting } from "./waiting.ts";

/** What a waiting job is told. */
export interface WaitingView {
  /** Place in the queue, 1 for the next. */
  position: number;
  reason: Problem;
  /** When it will start, about: epoch milliseconds; `null`: nobody knows. */
  startsAt: number | null;
  /** What would be reserved for it, MiB. */
  peakMiB: number;
}

/** Expected times in steps, so that what moves a little with every sample is not sent with every sample. */
const STEP_MS = 5000;

/** Why each waiting job waits, by the room that admission reads. Pure. */
export function viewWaiting(
  state: CapacityState,
  isKnown: boolean,
  policy: Policy,
): Map<string, WaitingView> {
  if (state.waiting.length === 0) return new Map();
  return new Map(
    explainWaiting(state, policy).flatMap(({ id, place, why, startsMs }, i) => {
      const job = state.waiting[i];
      if (job === undefined) return [];
      const figure = figureOf(job.jobClass, state, policy);
      const { mib, needMiB } = figure;
      const never = fitsNever(state.gpus, figure, job);
      const reason = !isKnown
        ? problem("not-sampling")
        : never
          ? neverProblem(job, mib, state.gpus)
          : reasonOf(why);
      const startsAt = startsMs === null || never ? null : Math.ceil(startsMs / STEP_MS) * STEP_MS;
      return [[id, { position: place, reason, startsAt, peakMiB: Math.ceil(needMiB) }]];
    }),
  );
}

function reasonOf(why: WhyWaiting): Problem {
  switch (why.kind) {
    case "fits":
      return problem("list-awaited");
    case "reserved":
      return problem("outranked", { gpu: why.gpu });
    case "unsettled":
      return problem("list-needed", { gpu: why.gpu });
    case "starts-alone":
      return problem("starts-alone", { gpu: why.gpu });
    case "no-room": {
      const { freeMiB, promisedMiB, reserveMiB } = why.terms;
      const missing = Math.ceil(why.missingMiB);
      const [free, promised] = [Math.floor(freeMiB), Math.ceil(promisedMiB)];
      return problem("no-room", {
        ...{ gpu: why.gpu, free, promised, reserve: reserveMiB, missing },

        peak: free - promised - reserveMiB + missing,
      });
    }
  }
}
