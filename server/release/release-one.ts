import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { Release, ReleaseMode, ReleasePart } from "../../shared/release/release.ts";
import type { BackendWatch } from "./backend-watch.ts";
import type { Backend, UnloadOutcome } from "./backends/backend.ts";
import type { Measure, Measurement, Snapshot } from "./measure.ts";
import { type Waited, waitForIdle, waitForJobEnd } from "./wait-for-job.ts";

export interface ReleaseLimits {
  /** How long VRAM may take to begin to fall after an accepted call. Drivers and backends lag by seconds. */
  patienceMs: number;
  /** Time between two status calls. */
  statusIntervalMs: number;
  /** The longest wait for a job's end. */
  jobLimitMs: number;
  /** How long a job may take to stop after it was interrupted. */
  stopLimitMs: number;
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
}

/** Patience after a call that failed on the way. */
const PATIENCE_AFTER_FAILURE_MS = 4000;

/** Releases one backend: sees whether a job runs, waits or interrupts as the mode says, asks, measures. */
export async function releaseOne(
  backend: Backend,
  mode: ReleaseMode,
  context: ReleaseOneContext,
): Promise<PartOutcome> {
  const { watch, measure, limits, cancel, closing, onPhase } = context;
  const { duringJob } = backend;
  const state = watch.stateOf(backend.id);
  if (state?.reachable === false && state.problem !== null) return failed(state.problem);
  const busy = state?.busy ?? null;

  if (mode === "interrupt" && busy !== false) return interruptAndRelease();
  if (busy === null) {
    // What it does not tell may be a job that the call would break.
    if (duringJob === "unsafe") return failed(state?.problem ?? problem("busy-unknown"));
    if (mode === "after-current" && duringJob !== "deferred") return failed(problem("busy-unknown"));
  }
  if (busy !== true || duringJob === "spared") return askAndMeasure();
  if (mode === "now" && duringJob === "unsafe") return failed(problem("backend-busy"));
  if (mode === "now" && duringJob !== "deferred") return askAndMeasure();
  if (mode === "now" || (duringJob === "deferred" && (state?.queue ?? 0) > 0)) return askAndWait();
  return waitAndRelease();

  /** Nothing is asked before the job has ended, so that it can be cancelled until then. */
  async function waitAndRelease(): Promise<PartOutcome> {
    const minutes = limits.jobLimitMs / 60_000;
    const waited = await wait(waitForIdle, problem("job-did-not-end", { minutes }), limits.jobLimitMs, true);
    if (waited.kind === "queued") return askAndWait();
    return waited.kind === "idle" ? askAndMeasure() : notReleased(waited);
  }

  /** The backend takes the call up itself when the running job has ended, before the next one begins. */
  async function askAndWait(): Promise<PartOutcome> {
    // What was known when the end is seen: by then the models may be gone.
    const follow = measure.follow(backend.subscribe === undefined ? limits.statusIntervalMs + 1000 : 0);
    try {
      onPhase("calling");
      const outcome = await ask();
      if (outcome.kind !== "accepted") return settle(await measure.snapshot(closing), outcome);
      const minutes = limits.jobLimitMs / 60_000;
      const waited = await wait(
        waitForJobEnd,
        problem("job-did-not-end", { minutes }),
        limits.jobLimitMs,
        false,
      );
      if (waited.kind === "failed" || waited.kind === "cancelled") return notReleased(waited);
      return settle(follow.snapshot(), outcome);
    } finally {
      follow.stop();
    }
  }

  async function interruptAndRelease(): Promise<PartOutcome> {
    if (backend.interrupt === undefined) return failed(problem("busy-unknown"));
    const queued = duringJob === "deferred" && (state?.queue ?? 0) > 0;
    onPhase("calling");
    const before = queued ? await measure.snapshot(closing) : null;
    // With jobs queued behind it the backend is not idle in between: it is asked first, and unloads when the job stops.
    const asked = queued ? await ask() : null;
    const stopped = await backend.interrupt(closing);
    if (stopped.kind === "failed") return failed(stopped.problem);
    if (before !== null && asked !== null) {
      const ended = await waitForStop(waitForJobEnd);
      return ended.kind === "failed" || ended.kind === "cancelled"
        ? notReleased(ended)
        : settle(before, asked);
    }
    if (busy !== null) {
      const ended = await waitForStop(waitForIdle);
      if (ended.kind === "queued") return askAndWait();
      if (ended.kind !== "idle") return notReleased(ended);
    }
    return askAndMeasure();
  }

  function waitForStop(how: typeof waitForIdle) {
    const tooLong = problem("job-not-stopped", { seconds: limits.stopLimitMs / 1000 });
    return wait(how, tooLong, limits.stopLimitMs, false);
  }

  function wait(how: typeof waitForIdle, tooLong: Problem, limitMs: number, cancellable: boolean) {
    const since = Date.now();
    const never = new AbortController().signal;
    return how({
      watch,
      backendId: backend.id,
      intervalMs: limits.statusIntervalMs,
      limitMs,
      tooLong,
      untilQueued: duringJob === "deferred",
      cancel: cancellable ? cancel : never,
      closing,
      onLook: (queue) => onPhase("waiting-for-job", { waiting: { since, queue, cancellable } }),
    });
  }

  async function askAndMeasure(): Promise<PartOutcome> {
    onPhase("calling");
    const before = await measure.snapshot(closing);
    return settle(before, await ask());
  }

  async function ask(): Promise<UnloadOutcome> {
    const outcome = await backend.unload(mode, closing);
    const away = outcome.kind === "failed" && outcome.problem.code === "backend-unreachable";
    if (outcome.kind === "accepted" && backend.prepare !== undefined) watch.park(backend.id, true);
    watch.reached(backend.id, !away, away ? outcome.problem : null);
    return outcome;
  }

  async function settle(before: Snapshot, outcome: UnloadOutcome): Promise<PartOutcome> {
    if (outcome.kind === "nothing-loaded")
      return { ...failed(problem("nothing-loaded")), part: nothingLoaded() };
    if (outcome.kind === "failed" && !outcome.reached) return failed(outcome.problem);
    const claim = outcome.kind === "accepted" ? outcome.claim : null;
    const failure = outcome.kind === "failed" ? outcome.problem : null;
    onPhase("verifying", { claim });
    const patienceMs =
      failure === null ? limits.patienceMs : Math.min(limits.patienceMs, PATIENCE_AFTER_FAILURE_MS);
    let measured = await measure.freedSince(before, backend.id, patienceMs, closing);
    const idle = watch.stateOf(backend.id)?.busy === false;
    if (measured.verdict.kind === "nothing" && failure === null && backend.retryWhileIdle === true && idle) {
      await ask();
      measured = await measure.freedSince(before, backend.id, patienceMs, closing);
    }
    return toOutcome(measured, failure, claim, patienceMs);
  }
}

function nothingLoaded(): PartOutcome["part"] {
  return { state: "done", freedMiB: null, claim: null, problem: problem("nothing-loaded") };
}

function failed(found: Problem): PartOutcome {
  const part = { state: "failed" as const, freedMiB: null, claim: null, problem: found };
  return { part, gpus: [], meanwhile: [], unsettled: false };
}

function notReleased(waited: Exclude<Waited, { kind: "idle" }>): PartOutcome {
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
): PartOutcome {
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
