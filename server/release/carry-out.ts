import { problem } from "../../shared/problems/make-problem.ts";
import { CONTEXT_MIB } from "../../shared/release/estimate.ts";
import type { Release, ReleaseMode } from "../../shared/release/release.ts";
import { wallMs } from "../lib/clock.ts";
import { type BackendWatch, PUSHED_FACTOR } from "./backend-watch.ts";
import type { Backend, UnloadOutcome } from "./backends/backend.ts";
import { faultOf } from "./fault.ts";
import type { Measure } from "./measure.ts";
import { cancelled, failed, nothingLoaded, type Outcome, outcomeOf, type PartOutcome } from "./outcome.ts";
import { ASK_BEFORE_THE_END, type Busy, planRelease, type Step } from "./plan.ts";
import type { ReleaseLimits } from "./release-limits.ts";
import type { Snapshot } from "./samples.ts";
import { type Waited, type WaitOptions, waitForIdle, waitForJobEnd } from "./wait-for-job.ts";
import { waitUntilGone } from "./wait-until-gone.ts";

/** What releasing one backend needs, and whom it tells how it goes. */
export interface CarryOutContext {
  watch: BackendWatch;
  measure: Measure;
  limits: ReleaseLimits;
  /** Aborted by whoever cancels; heeded while nothing has been asked of the backend. */
  cancel: AbortSignal;
  closing: AbortSignal;
  onPhase(state: "waiting-for-job" | "calling" | "verifying", more?: Partial<Release>): void;
}

/** The release of one backend, over all the plans that it goes through. */
interface Course extends CarryOutContext {
  readonly backend: Backend;
  readonly mode: ReleaseMode;
  asked: boolean;
  /** When it was first asked, by the samples' clock. */
  calledAtMs: number;
  /** The end of a declared job was waited for. */
  hasWaited: boolean;
}

/** What the steps of one plan leave for the ones after. */
interface Findings {
  /** A job was known to run when the plan was made, and none of its steps has seen it end. */
  knownBusy: boolean;
  interrupted: boolean;
  before: Snapshot | null;
  follow: ReturnType<Measure["follow"]> | null;
  /** Jobs when it was asked, the running one included; `null` where that is not told. */
  jobsBefore: number | null;
  accepted: Extract<UnloadOutcome, { kind: "accepted" }> | null;
}

/** What a step leads to: `null`, the next one. */
type Next = { ended: Outcome } | { instead: readonly Step[] } | "plan-again" | null;

/** Releases one backend: plans by what is known of it, takes the steps, and tells what was measured. */
export async function carryOut(
  backend: Backend,
  mode: ReleaseMode,
  context: CarryOutContext,
): Promise<PartOutcome> {
  const course: Course = { ...context, backend, mode, asked: false, calledAtMs: 0, hasWaited: false };
  try {
    return { ...(await planAndGo(course)), asked: course.asked };
  } catch (error) {
    // By contract no method of a backend throws; a fault of ours in one fails this part alone.
    return { ...failed(faultOf(error)), asked: course.asked };
  }
}

async function planAndGo(course: Course): Promise<Outcome> {
  const { backend, mode, hasWaited } = course;
  const state = stateOf(course);
  // A backend with a status was asked for it just now; of one without only the unload call tells.
  const found = backend.status === undefined ? null : (state?.problem ?? null);
  // One that hangs would let every further call run into its time limit, too.
  const away = state?.reachable === false || (!hasWaited && found?.code === "backend-timeout");
  if (away && found !== null) return failed(found);
  const busy = busyOf(course);
  const canInterrupt = backend.interrupt !== undefined;
  const { duringJob, letsJobsEnd = false } = backend;
  const plan = planRelease({ mode, duringJob, busy, canInterrupt, hasWaited, letsJobsEnd });
  if ("steps" in plan) return go(course, plan.steps, busy !== "idle" && busy !== "unknown");
  const says = backend.duringJob === "unsafe" && plan.refuse === "busy-unknown" ? state?.problem : null;
  return failed(says ?? problem(plan.refuse));
}

async function go(course: Course, steps: readonly Step[], knownBusy: boolean): Promise<Outcome> {
  const found: Findings = {
    ...{ knownBusy, interrupted: false, before: null, follow: null, jobsBefore: null, accepted: null },
  };
  try {
    for (const step of steps) {
      const next = await TAKE[step](course, found);
      if (next === null) continue;
      if (next === "plan-again") return await planAndGo(course);
      return "ended" in next ? next.ended : await go(course, next.instead, false);
    }
  } finally {
    found.follow?.stop();
  }
  return failed(faultOf(new Error("a plan ends without a measurement")));
}

const TAKE: Readonly<Record<Step, (course: Course, found: Findings) => Promise<Next> | Next>> = {
  async interrupt(course, found) {
    if (!course.asked) course.onPhase("calling");
    const stopped = await course.backend.interrupt?.(course.closing);
    found.interrupted = true;
    return stopped?.kind === "failed" ? { ended: failed(stopped.problem) } : null;
  },
  async "await-idle"(course, found) {
    const waited = await wait(course, waitForIdle, waitFor(course, found));
    found.knownBusy = false;
    return waited.kind === "idle" ? null : afterOtherEnd(waited);
  },
  async "await-declared"(course, found) {
    const waited = await wait(course, waitForIdle, { ...waitFor(course, found), untilDeclaredEnd: true });
    course.hasWaited = waited.kind === "idle";
    return waited.kind === "idle" ? null : afterOtherEnd(waited);
  },
  async "await-job-end"(course, found) {
    const { jobsBefore } = found;
    // A job that nobody has stopped may go on: the backend unloads when it ends. One that was stopped should have ended.
    const tooLong = found.interrupted ? {} : { tooLong: problem("job-still-running", minutesOf(course)) };
    const waited = await wait(course, waitForJobEnd, { ...waitFor(course, found), ...tooLong, jobsBefore });
    return waited.kind === "failed" || waited.kind === "cancelled" ? afterOtherEnd(waited) : null;
  },
  async note(course, found) {
    course.onPhase("calling");
    found.before = await course.measure.snapshot(course.closing);
    // The figures take a moment, in which a job may have begun that the call would break.
    if (!found.knownBusy && !pushesBusy(course)) await lookOf(course)?.ask(course.closing);
    const begun = !found.knownBusy && stateOf(course)?.busy === true && course.backend.duringJob !== "spared";
    return begun && course.mode !== "interrupt" ? "plan-again" : null;
  },
  follow(course, found) {
    const { limits, backend } = course;
    // The end of the job is seen this much later at most, when the models may be gone: older samples are kept.
    const lagMs = limits.followLagMs + (backend.subscribe === undefined ? limits.statusIntervalMs : 0);
    found.follow = course.measure.follow(lagMs);
    course.onPhase("calling");
    return null;
  },
  async ask(course, found) {
    const { busy = null, queue = null } = stateOf(course) ?? {};
    found.jobsBefore = busy === true && queue !== null ? queue + 1 : null;
    const waits = found.follow !== null && course.backend.letsJobsEnd === true;
    const waiting = { since: wallMs(), queue, cancellable: true, asked: true };
    if (waits) course.onPhase("waiting-for-job", { waiting });
    const { cancel, closing } = course;
    const outcome = await ask(course, waits ? AbortSignal.any([cancel, closing]) : closing);
    if (waits && cancel.aborted) return { ended: cancelled() };
    if (outcome.kind !== "accepted") {
      const before = found.before ?? (await course.measure.snapshot(course.closing));
      return { ended: await measureSince(course, before, outcome) };
    }
    found.accepted = outcome;
    return null;
  },
  async "await-gone"(course, found) {
    const { backend, watch, limits, cancel, closing } = course;
    const { before, accepted } = found;
    if (backend.going === undefined || before === null || accepted === null) return null;
    const since = wallMs();
    const { claim } = accepted;
    const left = await waitUntilGone({
      ...{ watch, limits, cancel, closing },
      going: (signal) => backend.going?.(signal) ?? Promise.resolve({ kind: "gone" }),
      onLook: (inUse) =>
        inUse
          ? course.onPhase("waiting-for-job", {
              claim,
              waiting: { since, queue: null, cancellable: true, asked: true },
            })
          : course.onPhase("verifying", { claim }),
    });
    if (left.kind === "cancelled") return { ended: cancelled() };
    if (left.kind === "failed") return { ended: failed(left.problem) };
    if (left.kind === "gone") return null;
    return { ended: await measureSince(course, before, { ...left, kind: "failed", reached: true }, claim) };
  },
  async measure(course, found) {
    const before = found.before ?? (await found.follow?.snapshot(course.closing));
    if (before === undefined || found.accepted === null) return null;
    return { ended: await measureSince(course, before, found.accepted) };
  },
  "plan-again": () => "plan-again",
};

const stateOf = ({ watch, backend }: Course) => watch.stateOf(backend.id);

function busyOf(course: Course): Busy {
  const { busy = null, queue = null } = stateOf(course) ?? {};
  if (busy !== true) return busy === null ? "unknown" : "idle";
  if (!course.watch.tellsBusy(course.backend.id)) return "declared";
  return (queue ?? 0) > 0 ? "queued" : "running";
}

/** What comes next when a wait did not end with an idle backend. */
function afterOtherEnd(waited: Exclude<Waited, { kind: "idle" }>): Next {
  if (waited.kind === "queued") return { instead: ASK_BEFORE_THE_END };
  return { ended: waited.kind === "failed" ? failed(waited.problem) : cancelled() };
}

const minutesOf = ({ limits }: Course) => ({ minutes: limits.jobLimitMs / 60_000 });

type WaitFor = Pick<WaitOptions, "tooLong" | "limitMs" | "jobsBefore"> &
  Partial<Pick<WaitOptions, "untilDeclaredEnd">> & { cancellable: boolean };

/** A job that was told to stop is waited for briefly only, and that wait cannot be cancelled. */
function waitFor(course: Course, { interrupted }: Findings): WaitFor {
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

function wait(course: Course, how: typeof waitForIdle, { cancellable, ...limited }: WaitFor) {
  const { watch, backend, limits, closing, asked } = course;
  const since = wallMs();
  const look = lookOf(course);
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

const pushesBusy = ({ backend }: Course) =>
  backend.subscribe !== undefined && backend.tellsBusyWhenAsked !== true;

/** How it is asked anew for a release; where it pushes whether it is busy, in case that has ended. */
function lookOf(course: Course) {
  const { backend, watch, limits } = course;
  if (backend.status === undefined) return null;
  const ms = pushesBusy(course)
    ? PUSHED_FACTOR * limits.statusIntervalMs
    : Math.min(limits.lookMs, limits.statusIntervalMs);
  return { ms, ask: (signal: AbortSignal) => watch.ask(backend, signal, "releasing") };
}

async function ask(course: Course, signal = course.closing): Promise<UnloadOutcome> {
  const { backend, watch, measure, closing } = course;
  if (closing.aborted) return { kind: "failed", problem: problem("sidecar-closing"), reached: false };
  if (!course.asked) course.calledAtMs = measure.nowMs();
  course.asked = true;
  const outcome = await backend.unload(course.mode, signal);
  const away = outcome.kind === "failed" && outcome.problem.code === "backend-unreachable";
  if (outcome.kind === "accepted") watch.unloaded(backend.id);
  watch.reached(backend.id, !away, away ? outcome.problem : null);
  return outcome;
}

/** A backend that lists nothing while its process holds more than a context is loading something. */
function loadingOf({ id, hidesLoading }: Backend, { processes }: Snapshot): Outcome | null {
  const own = processes.flatMap((gpu) => gpu.processes ?? []).filter(({ backend }) => backend === id);
  const heldMiB = Math.max(0, ...own.map(({ usedMiB }) => usedMiB ?? 0));
  return hidesLoading === true && heldMiB > CONTEXT_MIB ? failed(problem("model-loading")) : null;
}

/** Measures what came back since `before`, whatever the backend has answered. */
async function measureSince(
  course: Course,
  before: Snapshot,
  outcome: UnloadOutcome,
  claimed: Release["claim"] = null,
): Promise<Outcome> {
  const { backend, measure, limits, closing, calledAtMs } = course;
  if (outcome.kind === "nothing-loaded") return loadingOf(backend, before) ?? nothingLoaded();
  if (outcome.kind === "failed" && (!outcome.reached || outcome.refused === true))
    return failed(outcome.problem);
  const claim = outcome.kind === "accepted" ? outcome.claim : claimed;
  const failure = outcome.kind === "failed" ? outcome.problem : null;
  course.onPhase("verifying", { claim });
  const patienceMs =
    failure === null ? limits.patienceMs : Math.min(limits.patienceMs, limits.patienceAfterFailureMs);
  let measured = await measure.freedSince(before, backend.id, patienceMs, closing);
  const idle = stateOf(course)?.busy === false;
  if (measured.verdict.kind === "nothing" && failure === null && backend.retryWhileIdle === true && idle) {
    await ask(course);
    measured = await measure.freedSince(before, backend.id, patienceMs, closing);
  }
  return { ...outcomeOf(measured, { failure, claim, patienceMs }), since: { before, calledAtMs } };
}
