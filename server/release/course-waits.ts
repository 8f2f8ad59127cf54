import { problem } from "../../shared/problems/make-problem.ts";
import { wallMs } from "../lib/clock.ts";
import { PUSHED_FACTOR } from "./backend-watch.ts";
import type { Occasion } from "./backends/backend.ts";
import type { Course, Findings } from "./course.ts";
import type { WaitOptions, waitForIdle } from "./wait-for-job.ts";

export const minutesOf = ({ limits }: Course) => ({ minutes: limits.jobLimitMs / 60_000 });

type WaitFor = Pick<WaitOptions, "tooLong" | "limitMs" | "jobsBefore" | "jobBefore"> &
  Partial<Pick<WaitOptions, "untilDeclaredEnd">> & { cancellable: boolean };

/** A job that was told to stop is waited for briefly only, and that wait cannot be cancelled. */
export function waitFor(course: Course, { interrupted }: Findings): WaitFor {
  const { stopLimitMs, jobLimitMs } = course.limits;
  return interrupted
    ? {
        tooLong: problem("job-not-stopped", { seconds: stopLimitMs / 1000 }),
        limitMs: stopLimitMs,
        cancellable: false,
      }
    : {
        tooLong: problem("job-did-not-end", minutesOf(course)),
        limitMs: jobLimitMs,
        cancellable: true,
      };
}

const NEVER = new AbortController().signal;

/** Waits in the course of a release, for all to see. */
export function wait(course: Course, how: typeof waitForIdle, { cancellable, ...limited }: WaitFor) {
  const { watch, backend, limits, closing, asked } = course;
  const since = wallMs();
  const look = lookOf(course, "waiting");
  return how({
    watch,
    backendId: backend.id,
    intervalMs: limits.statusIntervalMs,
    untilQueued: backend.duringJob === "deferred",
    untilDeclaredEnd: false,
    cancel: cancellable ? course.cancel : NEVER,
    closing,
    ...limited,
    ...(look === null ? {} : { look }),
    onLook: (queue) => course.onPhase("waiting-for-job", { waiting: { since, queue, cancellable, asked } }),
  });
}

export const pushesBusy = ({ backend }: Course) =>
  backend.subscribe !== undefined && backend.tellsBusyWhenAsked !== true;

/** How it is asked anew for a release; where it pushes whether it is busy, in case that has ended. */
export function lookOf(course: Course, occasion: Occasion) {
  const { backend, watch, limits } = course;
  if (backend.status === undefined) return null;
  const ms = pushesBusy(course)
    ? PUSHED_FACTOR * limits.statusIntervalMs
    : Math.min(limits.lookMs, limits.statusIntervalMs);
  return { ms, ask: (signal: AbortSignal) => watch.ask(backend, signal, occasion) };
}
