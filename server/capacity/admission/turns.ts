import { expectedMs } from "../learning/durations.ts";
import type { CapacityState, JobAsk, WaitingJob } from "../model.ts";
import type { Policy } from "../policy.ts";

/**
 * Start-time fair queuing between people: each has one place in turn, costs are GPUs × expected seconds, everybody's
 * own order is kept, and idling banks nothing.
 */
export function enqueue(
  state: CapacityState,
  ask: JobAsk,
  ttlMs: number,
  nowMs: number,
  policy: Policy,
): CapacityState {
  const { now, finishOf } = state.fair;
  const turn = policy.fair ? Math.max(now, finishOf.get(ask.asker) ?? now) : 0;
  const finish = turn + ask.gpuCount * expectedMs(ask.jobClass, state);
  const job: WaitingJob = {
    ...ask,
    kind: "waiting",
    askedMs: nowMs,
    beatMs: nowMs,
    ttlMs,
    turn,
  };
  const at = state.waiting.findIndex((other) => other.turn > turn);
  const waiting =
    at < 0 ? [...state.waiting, job] : [...state.waiting.slice(0, at), job, ...state.waiting.slice(at)];
  // Who has no job waiting any more stands where everybody stands.
  const asking = new Map([...finishOf].filter(([, until]) => until > now)).set(ask.asker, finish);
  return { ...state, waiting, fair: { now, finishOf: asking } };
}
