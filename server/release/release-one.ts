import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { Release, ReleaseMode, ReleasePart } from "../../shared/release/release.ts";
import { wallMs } from "../lib/clock.ts";
import type { PatienceTimings, ReleaseTimings } from "../timings.ts";
import type { BackendWatch } from "./backend-watch.ts";
import type { Backend, UnloadOutcome } from "./backends/backend.ts";
import { faultOf } from "./fault.ts";
import type { Measure, Measurement, Snapshot } from "./measure.ts";
import { type Waited, type WaitOptions, waitForIdle, waitForJobEnd } from "./wait-for-job.ts";

export interface ReleaseLimits extends ReleaseTimings {
  /** How long VRAM may take to begin to fall after an accepted call. Drivers and backends lag by seconds. */
  patienceMs: number;
  /** Time between two status calls. */
  statusIntervalMs: number;
  /** For what may never come. */
  patience: PatienceTimings;
}

/** What releasing one backend needs, and whom it tells how it goes. */
export interface ReleaseOneContext {
  watch: BackendWatch;
  measure: Measure;
  limits: ReleaseLimits;
  /** Aborted by whoever cancels; heeded while nothing has been asked of the backend. */
  cancel: AbortSignal;
  closing: AbortSignal;
  onPhase(state: "waiting-for-job" | "calling" | "verifying", more?: Partial<Release>): void;
}

/** How it came out for one backend. */
export interface PartOutcome {
  part: Pick<ReleasePart, "freedMiB" | "claim" | "problem"> & { state: "done" | "failed" | "cancelled" };
  gpus: Measurement["gpus"];
  meanwhile: Measurement["meanwhile"];
  unsettled: boolean;
  /** The backend was asked to unload. */
  asked: boolean;
  /** How it was before the call, and when that was, by the samples' clock; absent where nothing was measured. */
  since?: { before: Snapshot; calledAtMs: number };
}

/** Releases one backend: sees whether a job runs, waits or interrupts as the mode says, asks, measures. */
export async function releaseOne(
  backend: Backend,
  mode: ReleaseMode,
  context: ReleaseOneContext,
): Promise<PartOutcome> {
  const { watch, measure, limits, cancel, closing, onPhase } = context;
  const { duringJob } = backend;
  const stateNow = () => watch.stateOf(backend.id);
  const minutes = limits.jobLimitMs / 60_000;
  let asked = false;
  let calledAtMs = 0;
  /** A job that only its mark told of was waited for. */
  let hasWaited = false;
  try {
    return { ...(await decide()), asked };
  } catch (error) {
    // By contract no method of a backend throws; a fault of ours in one fails this part alone.
    return { ...failed(faultOf(error)), asked };
  }

  function decide(): Promise<Outcome> | Outcome {
    const state = stateNow();
    // Known from just now; one that has no status is found out about by the call.
    const away = backend.status !== undefined && state?.reachable === false;
    if (away && state.problem !== null) return failed(state.problem);
    const busy = state?.busy ?? null;
    const told = watch.tellsBusy(backend.id) ? busy : null;
    if (mode === "interrupt" && busy !== false) return interruptAndRelease(told, state?.queue ?? 0);
    if (busy === null) {
      // What it does not tell may be a job that the call would break.
      if (duringJob === "unsafe") return failed(state?.problem ?? problem("busy-unknown"));
      if (mode === "after-current" && !hasWaited && duringJob !== "deferred")
        return failed(problem("busy-unknown"));
    }
    if (busy !== true || duringJob === "spared") return askAndMeasure(busy);
    if (mode === "now" && duringJob === "unsafe") return failed(problem("backend-busy"));
    // What is not told cannot be waited for once it is asked.
    if (mode === "now" && (duringJob !== "deferred" || told === null)) return askAndMeasure(busy);
    if (mode === "now" || (duringJob === "deferred" && (state?.queue ?? 0) > 0)) return askAndWait();
    return waitAndRelease(told === null);
  }

  /** Nothing is asked before the job has ended, so that it can be cancelled until then. */
  async function waitAndRelease(untilUnmarked: boolean): Promise<Outcome> {
    const tooLong = problem("job-did-not-end", { minutes });
    const waiting = { tooLong, limitMs: limits.jobLimitMs, cancellable: true, untilUnmarked };
    const waited = await wait(waitForIdle, waiting);
    if (waited.kind === "queued") return askAndWait();
    if (waited.kind === "idle" && untilUnmarked) {
      // Of the marked job alone: what the backend does not tell is still not known.
      hasWaited = true;
      return decide();
    }
    return waited.kind === "idle" ? askAndMeasure(false) : notReleased(waited);
  }

  /** The backend takes the call up itself when the running job has ended, before the next one begins. */
  async function askAndWait(): Promise<Outcome> {
    // What was known when the end is seen: by then the models may be gone.
    const follow = measure.follow(
      limits.followLagMs + (backend.subscribe === undefined ? limits.statusIntervalMs : 0),
    );
    try {
      onPhase("calling");
      const jobsBefore = countJobs();
      const outcome = await ask();
      if (outcome.kind !== "accepted") return settle(await measure.snapshot(closing), outcome);
      const tooLong = problem("job-still-running", { minutes });
      const waited = await wait(waitForJobEnd, {
        tooLong,
        limitMs: limits.jobLimitMs,
        cancellable: true,
        jobsBefore,
      });
      if (waited.kind === "failed" || waited.kind === "cancelled") return notReleased(waited);
      return settle(await follow.snapshot(closing), outcome);
    } finally {
      follow.stop();
    }
  }

  async function interruptAndRelease(busy: boolean | null, queue: number): Promise<Outcome> {
    if (backend.interrupt === undefined) return failed(problem("busy-unknown"));
    onPhase("calling");
    const tooLong = problem("job-not-stopped", { seconds: limits.stopLimitMs / 1000 });
    const stopping = { tooLong, limitMs: limits.stopLimitMs, cancellable: false };
    if (duringJob === "deferred" && queue > 0) {
      // With jobs queued behind it the backend is not idle in between: it is asked first, and unloads when the job stops.
      const before = await measure.snapshot(closing);
      const jobsBefore = countJobs();
      const outcome = await ask();
      if (outcome.kind !== "accepted") return settle(before, outcome);
      const stopped = await backend.interrupt(closing);
      if (stopped.kind === "failed") return failed(stopped.problem);
      const ended = await wait(waitForJobEnd, { ...stopping, jobsBefore });
      if (ended.kind === "failed" || ended.kind === "cancelled") return notReleased(ended);
      return settle(before, outcome);
    }
    const stopped = await backend.interrupt(closing);
    if (stopped.kind === "failed") return failed(stopped.problem);
    if (busy !== null) {
      const ended = await wait(waitForIdle, stopping);
      if (ended.kind === "queued") return askAndWait();
      if (ended.kind !== "idle") return notReleased(ended);
    }
    return askAndMeasure(false);
  }

  /** @param knownBusy what was known when it was decided to ask at once */
  async function askAndMeasure(knownBusy: boolean | null): Promise<Outcome> {
    onPhase("calling");
    const before = await measure.snapshot(closing);
    // The figures take a moment, in which a job may have begun that the call would break.
    const begun = knownBusy !== true && stateNow()?.busy === true && duringJob !== "spared";
    if (begun && mode !== "interrupt") return decide();
    return settle(before, await ask());
  }

  function wait(how: typeof waitForIdle, { cancellable, ...limited }: WaitFor) {
    const since = wallMs();
    return how({
      watch,
      backendId: backend.id,
      intervalMs: limits.statusIntervalMs,
      untilQueued: duringJob === "deferred",
      untilUnmarked: false,
      cancel: cancellable ? cancel : NEVER,
      closing,
      ...limited,
      onLook: (queue) => onPhase("waiting-for-job", { waiting: { since, queue, cancellable, asked } }),
    });
  }

  /** Jobs, the running one included; `null` where that is not told. */
  function countJobs(): number | null {
    const { busy = null, queue = null } = stateNow() ?? {};
    return busy === true && queue !== null ? queue + 1 : null;
  }

  async function ask(): Promise<UnloadOutcome> {
    if (closing.aborted) return { kind: "failed", problem: problem("sidecar-closing"), reached: false };
    if (!asked) calledAtMs = measure.nowMs();
    asked = true;
    const outcome = await backend.unload(mode, closing);
    const away = outcome.kind === "failed" && outcome.problem.code === "backend-unreachable";
    if (outcome.kind === "accepted" && backend.prepare !== undefined) watch.park(backend.id, true);
    watch.reached(backend.id, !away, away ? outcome.problem : null);
    return outcome;
  }

  async function settle(before: Snapshot, outcome: UnloadOutcome): Promise<Outcome> {
    if (outcome.kind === "nothing-loaded") return NOTHING_LOADED;
    if (outcome.kind === "failed" && !outcome.reached) return failed(outcome.problem);
    const claim = outcome.kind === "accepted" ? outcome.claim : null;
    const failure = outcome.kind === "failed" ? outcome.problem : null;
    onPhase("verifying", { claim });
    const patienceMs =
      failure === null ? limits.patienceMs : Math.min(limits.patienceMs, limits.patienceAfterFailureMs);
    let measured = await measure.freedSince(before, backend.id, patienceMs, closing);
    const idle = stateNow()?.busy === false;
    if (measured.verdict.kind === "nothing" && failure === null && backend.retryWhileIdle === true && idle) {
      await ask();
      measured = await measure.freedSince(before, backend.id, patienceMs, closing);
    }
    return { ...toOutcome(measured, failure, claim, patienceMs), since: { before, calledAtMs } };
  }
}

type Outcome = Omit<PartOutcome, "asked">;
type WaitFor = Pick<WaitOptions, "tooLong" | "limitMs" | "jobsBefore"> &
  Partial<Pick<WaitOptions, "untilUnmarked">> & { cancellable: boolean };

const NEVER = new AbortController().signal;
const NOTHING_LOADED: Outcome = {
  part: { state: "done", freedMiB: null, claim: null, problem: problem("nothing-loaded") },
  gpus: [],
  meanwhile: [],
  unsettled: false,
};

function failed(found: Problem): Outcome {
  const part = { state: "failed" as const, freedMiB: null, claim: null, problem: found };
  return { part, gpus: [], meanwhile: [], unsettled: false };
}

function notReleased(waited: Exclude<Waited, { kind: "idle" }>): Outcome {
  if (waited.kind === "failed") return failed(waited.problem);
  const part = { state: "cancelled" as const, freedMiB: null, claim: null, problem: null };
  return { part, gpus: [], meanwhile: [], unsettled: false };
}

/** How a verdict is told. The measured figure is told with every one of them. */
function toOutcome(
  { verdict, gpus, meanwhile }: Measurement,
  failure: Problem | null,
  claim: Release["claim"],
  patienceMs: number,
): Outcome {
  const freedMiB = "freedMiB" in verdict ? verdict.freedMiB : null;
  const unsettled = verdict.kind === "freed" && verdict.unsettled;
  const found = failure ?? problemOf(verdict, patienceMs);
  const good = failure === null && (verdict.kind === "freed" || verdict.kind === "unmeasurable");
  const part = { state: good ? ("done" as const) : ("failed" as const), freedMiB, claim, problem: found };
  return { part, gpus, meanwhile, unsettled };
}

function problemOf(verdict: Measurement["verdict"], patienceMs: number): Problem | null {
  switch (verdict.kind) {
    case "freed":
      return null;
    case "nothing":
      return problem("nothing-freed", { seconds: patienceMs / 1000 });
    case "grew":
      return problem("vram-grew", { mib: -verdict.freedMiB });
    case "unmeasurable":
      return problem("not-measured");
    case "aborted":
      return problem("sidecar-closing");
  }
}
