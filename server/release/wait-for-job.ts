import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { BackendState } from "../../shared/release/backend.ts";
import { steadyMs } from "../lib/clock.ts";
import type { BackendWatch } from "./backend-watch.ts";

/** How waiting for a backend's job came out. */
export type Waited =
  | { kind: "idle" }
  /** Another job has queued up behind: the backend will not be idle in between. */
  | { kind: "queued" }
  | { kind: "cancelled" }
  | { kind: "failed"; problem: Problem };

export interface WaitOptions {
  watch: BackendWatch;
  backendId: string;
  /** Time between looks where the backend pushes nothing. */
  intervalMs: number;
  /** The longest wait, and what is said when it is over. */
  limitMs: number;
  tooLong: Problem;
  /** Ends as soon as a job waits behind the running one, for backends that unload between two jobs. */
  untilQueued: boolean;
  /** The backend does not say whether it is busy: until it does, the wait is for its declared jobs. */
  untilDeclaredEnd: boolean;
  cancel: AbortSignal;
  closing: AbortSignal;
  /** Jobs, the running one included, when the wait began or something was asked; `null`: not known. */
  jobsBefore?: number | null;
  /** The job itself, where the backend names it: another name is another job. */
  jobBefore?: string | null;
  /** Asks the backend anew before a look, at most every `ms`; missing where what is known comes by itself. */
  look?: { ms: number; ask(signal: AbortSignal): Promise<unknown> };
  /** Told the number of queued jobs at every look. */
  onLook(queue: number | null): void;
}

/** A backend that answers nothing for this many looks in a row is not waited for any longer. */
const LOOKS_WITHOUT_ANSWER = 6;

/** Waits until the backend runs no job. */
export function waitForIdle(options: WaitOptions): Promise<Waited> {
  return waitUntil(options, (state) => {
    if (state.busy === false) return { kind: "idle" };
    return options.untilQueued && (state.queue ?? 0) > 0 ? { kind: "queued" } : null;
  });
}

/** Waits until one job has ended, whether another follows or not. */
export function waitForJobEnd(options: WaitOptions): Promise<Waited> {
  let before = options.jobsBefore ?? null;
  const { watch, backendId, jobBefore = null } = options;
  return waitUntil(options, (state) => {
    if (state.busy === false) return { kind: "idle" };
    const job = watch.jobOf(backendId);
    if (jobBefore !== null && job !== null && job !== jobBefore) return { kind: "queued" };
    // An answer without figures is passed over: the one before it still counts.
    if (state.queue === null || state.busy === null) return null;
    const jobs = state.queue + 1;
    const ended = before !== null && jobs < before;
    before = jobs;
    return ended ? { kind: "queued" } : null;
  });
}

async function waitUntil(
  {
    watch,
    backendId,
    intervalMs,
    limitMs,
    tooLong,
    cancel,
    closing,
    onLook,
    look,
    untilDeclaredEnd,
  }: WaitOptions,
  judge: (state: BackendState) => Waited | null,
): Promise<Waited> {
  const release = watch.hold();
  const either = AbortSignal.any([cancel, closing]);
  const startedMs = steadyMs();
  let answeredMs = startedMs;
  let lookedMs = startedMs;
  let isSilent = untilDeclaredEnd;
  try {
    for (;;) {
      if (closing.aborted) return { kind: "failed", problem: problem("sidecar-closing") };
      if (cancel.aborted) return { kind: "cancelled" };
      const state = watch.stateOf(backendId);
      const nowMs = steadyMs();
      isSilent &&= !watch.tellsBusy(backendId);
      if (isSilent) {
        // Its answers say nothing of the job.
        if (!watch.runsDeclaredJob(backendId)) return { kind: "idle" };
        answeredMs = nowMs;
      } else if (state !== undefined && state.problem === null && state.busy !== null) answeredMs = nowMs;
      // Not reached at all: it has ended, and its job with it.
      else if (state?.reachable === false && state.problem !== null) {
        return { kind: "failed", problem: state.problem };
      } else if (nowMs - answeredMs > LOOKS_WITHOUT_ANSWER * intervalMs) {
        return { kind: "failed", problem: state?.problem ?? problem("busy-unknown") };
      }
      const result = state === undefined || isSilent ? null : judge(state);
      if (result !== null) return result;
      if (nowMs - startedMs > limitMs) return { kind: "failed", problem: tooLong };
      onLook(state?.queue ?? null);
      await watch.nextChange(Math.min(intervalMs, look?.ms ?? intervalMs), either);
      if (look === undefined || either.aborted || steadyMs() - lookedMs < look.ms) continue;
      await look.ask(either);
      lookedMs = steadyMs();
    }
  } finally {
    release();
  }
}
