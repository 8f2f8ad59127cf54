import { problem } from "../../shared/problems/make-problem.ts";
import { CONTEXT_MIB } from "../../shared/release/estimate.ts";
import type { Release, ReleaseMode } from "../../shared/release/release.ts";
import { wallMs } from "../lib/clock.ts";
import type { Backend, UnloadOutcome } from "./backends/backend.ts";
import {
  busyOf,
  type CarryOutContext,
  type Course,
  type Findings,
  jobOf,
  jobsOf,
  stateOf,
} from "./course.ts";
import { lookOf, minutesOf, pushesBusy, wait, waitFor } from "./course-waits.ts";
import { faultOf } from "./fault.ts";
import { cancelled, failed, nothingLoaded, type Outcome, outcomeOf, type PartOutcome } from "./outcome.ts";
import { ASK_BEFORE_THE_END, planRelease, type Step } from "./plan.ts";
import type { Snapshot } from "./samples.ts";
import { type Waited, waitForIdle, waitForJobEnd } from "./wait-for-job.ts";
import { waitUntilGone } from "./wait-until-gone.ts";

/** What a step leads to: `null`, the next one. */
type Next = { ended: Outcome } | { instead: readonly Step[] } | "plan-again" | null;

/** Releases one backend: plans by what is known of it, takes the steps, and tells what was measured. */
export async function carryOut(
  backend: Backend,
  mode: ReleaseMode,
  context: CarryOutContext,
): Promise<PartOutcome> {
  const course: Course = {
    ...{ ...context, backend, mode },
    ...{ asked: false, calledAtMs: 0, hasWaited: false, letGo: null },
  };
  try {
    return { ...(await heldAtMost(course)), asked: course.asked };
  } catch (error) {
    // By contract no method of a backend throws; a fault of ours in one fails this part alone.
    return { ...failed(faultOf(error)), asked: course.asked };
  }
}

/** However a release comes out, a queue that it held goes on afterwards, or it is said that it does not. */
async function heldAtMost(course: Course): Promise<Outcome> {
  let outcome: Outcome;
  try {
    outcome = await planAndGo(course);
  } catch (error) {
    outcome = failed(faultOf(error));
  }
  const letGo = await course.letGo?.();
  if (letGo?.kind !== "failed" || !letGo.reached) return outcome;
  return { ...outcome, part: { ...outcome.part, problem: problem("queue-left-held") } };
}

async function planAndGo(course: Course): Promise<Outcome> {
  const { backend, mode, hasWaited, ifIdle } = course;
  const state = stateOf(course);
  // A backend with a status was asked for it just now; of one without only the unload call tells.
  const found = backend.status === undefined ? null : (state?.problem ?? null);
  // One that hangs would let every further call run into its time limit, too.
  const away = state?.reachable === false || (!hasWaited && found?.code === "backend-timeout");
  if (away && found !== null) return failed(found);
  const busy = busyOf(course);
  // Nobody has chosen that a job is waited for, or broken.
  if (ifIdle && busy !== "idle" && (busy !== "unknown" || !harmless(backend)))
    return failed(problem("backend-busy"));
  const can = { canInterrupt: backend.interrupt !== undefined, canHold: backend.hold !== undefined };
  const { duringJob, letsJobsEnd = false } = backend;
  const plan = planRelease({ mode, duringJob, busy, ...can, hasWaited, letsJobsEnd });
  if ("steps" in plan) return go(course, plan.steps, busy !== "idle" && busy !== "unknown");
  const says = backend.duringJob === "unsafe" && plan.refuse === "busy-unknown" ? state?.problem : null;
  return failed(
    says ?? problem(plan.refuse, plan.refuse === "jobs-queued" ? { jobs: state?.queue ?? 1 } : {}),
  );
}

/** Its unload waits for what runs, or spares it. */
const harmless = ({ duringJob }: Backend) => duringJob === "deferred" || duringJob === "spared";

async function go(course: Course, steps: readonly Step[], knownBusy: boolean): Promise<Outcome> {
  const found: Findings = {
    ...{ knownBusy, interrupted: false, before: null, follow: null },
    ...{ jobsBefore: null, jobBefore: null, accepted: null },
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
  async hold(course) {
    course.onPhase("calling");
    const held = await course.backend.hold?.(course.closing);
    if (held?.kind === "held") course.letGo = held.letGo;
    return held?.kind === "failed" ? { ended: failed(held.problem) } : null;
  },
  async interrupt(course, found) {
    if (!course.asked) course.onPhase("calling");
    found.jobsBefore ??= jobsOf(course);
    found.jobBefore ??= jobOf(course);
    const stopped = await course.backend.interrupt?.(course.closing);
    found.interrupted = true;
    return stopped?.kind === "failed" ? { ended: failed(stopped.problem) } : null;
  },
  async "await-idle"(course, found) {
    const waited = await wait(course, waitForIdle, waitFor(course, found));
    found.knownBusy = false;
    return waited.kind === "idle" ? null : afterOtherEnd(waited);
  },
  async "await-stopped"(course, found) {
    const { jobsBefore, jobBefore } = found;
    const waited = await wait(course, waitForJobEnd, { ...waitFor(course, found), jobsBefore, jobBefore });
    if (waited.kind === "failed" || waited.kind === "cancelled") return afterOtherEnd(waited);
    found.knownBusy = false;
    const spares = course.backend.duringJob === "spared";
    return waited.kind === "idle" || spares ? null : { ended: failed(problem("another-job-began")) };
  },
  async "await-declared"(course, found) {
    const waited = await wait(course, waitForIdle, { ...waitFor(course, found), untilDeclaredEnd: true });
    course.hasWaited = waited.kind === "idle";
    return waited.kind === "idle" ? null : afterOtherEnd(waited);
  },
  async "await-job-end"(course, found) {
    const { jobsBefore, jobBefore } = found;
    // A job that nobody has stopped may go on: the backend unloads when it ends. One that was stopped should have ended.
    const tooLong = found.interrupted ? {} : { tooLong: problem("job-still-running", minutesOf(course)) };
    const waited = await wait(course, waitForJobEnd, {
      ...waitFor(course, found),
      ...{ ...tooLong, jobsBefore, jobBefore },
    });
    return waited.kind === "failed" || waited.kind === "cancelled" ? afterOtherEnd(waited) : null;
  },
  async note(course, found) {
    course.onPhase("calling");
    found.before = await course.measure.snapshot(course.closing);
    // The figures take a moment, in which a job may have begun that the call would break.
    if (!found.knownBusy && !pushesBusy(course)) await lookOf(course, "releasing")?.ask(course.closing);
    const begun = !found.knownBusy && stateOf(course)?.busy === true && course.backend.duringJob !== "spared";
    if (!begun) return null;
    if (course.mode !== "interrupt") return "plan-again";
    return course.backend.duringJob === "deferred" ? null : { ended: failed(problem("another-job-began")) };
  },
  async follow(course, found) {
    const { limits, backend, measure, closing } = course;
    // What is kept begins with a sample of now: while nobody watched, the last one is seconds old, of another level.
    await measure.fresh(closing);
    // The end of the job is seen this much later at most, when the models may be gone: older samples are kept.
    const lagMs = limits.followLagMs + (backend.subscribe === undefined ? limits.statusIntervalMs : 0);
    // One that answers when all has gone has been at it for as long as that took.
    found.follow = measure.follow(lagMs + (backend.letsJobsEnd === true ? limits.longestFallMs : 0));
    course.onPhase("calling");
    return null;
  },
  async ask(course, found) {
    found.jobsBefore = jobsOf(course);
    found.jobBefore ??= jobOf(course);
    const waits = found.follow !== null && course.backend.letsJobsEnd === true;
    const queue = stateOf(course)?.queue ?? null;
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

/** What comes next when a wait did not end with an idle backend. */
function afterOtherEnd(waited: Exclude<Waited, { kind: "idle" }>): Next {
  if (waited.kind === "queued") return { instead: ASK_BEFORE_THE_END };
  return { ended: waited.kind === "failed" ? failed(waited.problem) : cancelled() };
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
  const retries = failure === null && backend.retryWhileIdle === true;
  const measured = await measure.freedSince(before, backend.id, patienceMs, closing, {
    afterMs: limits.askAgainMs,
    act: async () => {
      if (retries && stateOf(course)?.busy === false) await ask(course);
    },
  });
  const inUse = backend.duringJob === "spared" && stateOf(course)?.busy === true;
  const result = outcomeOf(measured, { failure, claim, patienceMs, inUse });
  return inUse ? result : { ...result, since: { before, calledAtMs } };
}
