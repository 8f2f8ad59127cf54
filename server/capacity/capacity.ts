import { type Admitted, admit, isFresh } from "./admission/admit.ts";
import { endJob, expired } from "./admission/ends.ts";
import { dropOld, withoutTicketOf } from "./admission/tickets.ts";
import { enqueue } from "./admission/turns.ts";
import { placingOf, runningJob } from "./admission/wish.ts";
import { figureOf } from "./learning/figure.ts";
import { learnReached } from "./learning/learn.ts";
import type { BackendWord, CapacityState, GpuDemand, GpuEvidence, JobAsk, RunningJob } from "./model.ts";
import type { Policy } from "./policy.ts";
import { fitsNever } from "./room/never.ts";
import { attach } from "./tracking/attach.ts";
import { trackGpu } from "./tracking/track.ts";

export { askRoom, fit, withoutJobBefore } from "./admission/ask.ts";
export { endJob as end } from "./admission/ends.ts";

export interface StepInput {
  nowMs: number;
  /** When the sample came, where this is a later step on it: only jobs and backends have changed since, or a list has come. */
  sampledMs?: number;
  gpus: readonly GpuEvidence[];
  words: readonly BackendWord[];
  /** Nobody is let in now, whatever there is room for. */
  isClosed?: boolean;
}

export interface Turn {
  state: CapacityState;
  started: readonly RunningJob[];
  /** Jobs whose time to live is over. */
  expired: readonly string[];
  /** Who holds what, and what room is left, after this step. */
  demands: readonly GpuDemand[];
  /** Somebody would be let in by the last list: read one now and step again. */
  wantsList: boolean;
  rate: "full" | "quiet";
}

/** Takes one sample in: who holds what, who has ended, who may start. Pure. */
export function step(before: CapacityState, input: StepInput, policy: Policy): Turn {
  const { nowMs, sampledMs = nowMs, gpus, words, isClosed = false } = input;
  const dead = expired(before, nowMs);
  let state: CapacityState = dead.reduce(
    (now, id) => endJob(now, id, { outcome: "other", reportedMiB: null }, nowMs, policy),
    { ...before, atMs: sampledMs, words },
  );
  const around = {
    // Jobs that came after the sample say nothing about it: all who ask within one sample are answered by one room.
    running: state.running.filter(({ startedMs }) => startedMs < sampledMs),
    waitingIn: new Set(state.waiting.flatMap(({ pid, backend }) => [pid ?? [], backend ?? []].flat())),
    words,
    isOnly: gpus.length === 1,
    isNews: JSON.stringify(words) !== JSON.stringify(before.words),
  };
  const tracked = gpus.map((evidence) => {
    const track = state.gpus.find((one) => one.evidence.index === evidence.index);
    return trackGpu(track, evidence, around, sampledMs, policy);
  });
  const attached = attach(
    { ...state, gpus: tracked.map(({ track }) => track) },
    before.gpus,
    sampledMs,
    policy,
  );
  const reached = [...tracked.flatMap((one) => one.reached), ...attached.reached];
  state = learnReached(attached.state, reached, policy);
  state = { ...state, tickets: dropOld(state.tickets, nowMs, policy) };
  const pass = admit(state, policy, nowMs);
  const fresh = isFresh(state, policy);
  const isUnread = state.gpus.some(({ kind, failedMs }) => kind === "hidden" && failedMs === null);
  const wantsList =
    !fresh && !isClosed && (pass.started.length > 0 || (isUnread && state.waiting.length > 0));
  const admitted: Admitted =
    fresh && !isClosed ? pass : { ...pass, state, started: [], demands: pass.before };
  state = admitted.state;
  return {
    state,
    started: admitted.started,
    expired: dead,
    demands: admitted.demands,
    wantsList,
    rate: rateOf(state, nowMs, policy),
  };
}

export type Declared = { kind: "waiting" | "never" | "started"; state: CapacityState };

/** A job is announced: it waits until a step lets it in. With `runsOn` it runs already, whether there is room or not. */
export function declare(
  before: CapacityState,
  ask: JobAsk,
  { runsOn = null, ttlMs }: { runsOn?: readonly number[] | null; ttlMs?: number },
  nowMs: number,
  policy: Policy,
): Declared {
  const state = { ...withoutTicketOf(before, ask.asker), askedMs: nowMs };
  const lives = ttlMs ?? policy.ttlMs;
  if (runsOn !== null) {
    const placing = placingOf(ask, state, policy);
    const known = { ...ask, askedMs: nowMs, beatMs: nowMs, ttlMs: lives };
    const job = runningJob(
      known,
      { gpus: runsOn, figureMiB: placing.figure.needMiB, figures: new Map() },
      placing,
      0,
      nowMs,
    );
    return { kind: "started", state: { ...state, running: [...state.running, job] } };
  }
  if (fitsNever(state.gpus, figureOf(ask.jobClass, state, policy), ask))
    return { kind: "never", state: before };
  return { kind: "waiting", state: enqueue(state, ask, lives, nowMs, policy) };
}

/** A sign of life, and what has changed: its process, how long it may keep silent. */
export function beat(
  state: CapacityState,
  id: string,
  nowMs: number,
  patch: { pid?: number | null; ttlMs?: number; lastsWithPid?: boolean } = {},
): CapacityState {
  const lives = <T extends { id: string }>(job: T) =>
    job.id === id ? { ...job, ...patch, beatMs: nowMs } : job;
  return { ...state, running: state.running.map(lives), waiting: state.waiting.map(lives) };
}

/** Full rate while anybody could be affected by the next second. */
function rateOf(state: CapacityState, nowMs: number, { askedMs }: Policy): Turn["rate"] {
  const isBusy = state.gpus.some((track) =>
    track.kind === "listed"
      ? track.tenants.some((tenant) => tenant.state !== "idle")
      : track.unlisted.state !== "idle",
  );
  const isWanted = state.running.length + state.waiting.length > 0 || nowMs - state.askedMs < askedMs;
  return isBusy || isWanted ? "full" : "quiet";
}
