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
  const { sinceMs = nowMs } = ask;
  const later = state.waiting.filter((other) => other.sinceMs > sinceMs);
  // Before those who have asked since then, though not before its own turn.
  const own = finishOf.get(ask.asker) ?? 0;
  const turn = policy.fair ? Math.max(Math.min(now, ...later.map((other) => other.turn)), own) : 0;
  const finish = turn + ask.gpuCount * expectedMs(ask.jobClass, state);
  const job: WaitingJob = { ...ask, kind: "waiting", askedMs: nowMs, sinceMs, beatMs: nowMs, ttlMs, turn };
  const at = state.waiting.findIndex((one) => turn < one.turn || (turn === one.turn && later.includes(one)));
  const waiting = state.waiting.toSpliced(at < 0 ? state.waiting.length : at, 0, job);
  // Who has no job waiting any more stands where everybody stands.
  const asking = new Map([...finishOf].filter(([, until]) => until > now)).set(ask.asker, finish);
  return { ...state, waiting, fair: { now, finishOf: asking } };
}
