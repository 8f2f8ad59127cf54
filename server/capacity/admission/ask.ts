import { learnReached } from "../learning/learn.ts";
import type { Basis, CapacityState, JobAsk } from "../model.ts";
import type { Policy } from "../policy.ts";
import { fitsNever } from "../room/never.ts";
import { place } from "../room/place.ts";
import { closeOwnJob, giveTicket, isOf } from "../tracking/give-ticket.ts";
import { admit } from "./admit.ts";
import { withoutTicketOf } from "./tickets.ts";
import { enqueue } from "./turns.ts";
import { placingOf } from "./wish.ts";

export type Answer =
  | { kind: "yes"; gpus: readonly number[]; figureMiB: number; basis: Basis; ticket: string }
  | { kind: "no"; basis: Basis; neededMiB: number }
  | { kind: "never"; basis: Basis; neededMiB: number };

/** How many such jobs would be admitted one after the other: the queue itself, tried on a copy of the state. */
export function fit(state: CapacityState, ask: JobAsk, policy: Policy, most = 64): number {
  let now = withoutTicketOf(state, ask.asker);
  for (let n = 0; n < most; n++) {
    const id = `${ask.id}#${n}`;
    const queued = enqueue(now, { ...ask, id }, policy.ttlMs, state.atMs, policy);
    const { state: next, started } = admit(queued, policy);
    if (started.every((job) => job.id !== id)) return n;
    now = next;
  }
  return most;
}

/** Who wants to start his next job has ended the one before in his process: what it taught counts for this one. */
export function withoutJobBefore(before: CapacityState, ask: JobAsk, policy: Policy): CapacityState {
  const { state, reached } = closeOwnJob(before, ask, policy);
  return learnReached(state, reached, policy);
}

/** An undeclared asker wants to start: a yes holds the room for a moment. */
export function askRoom(
  before: CapacityState,
  ask: JobAsk,
  nowMs: number,
  policy: Policy,
): { state: CapacityState; answer: Answer } {
  const state = { ...withoutJobBefore(before, ask, policy), askedMs: nowMs };
  const { figure, ...placing } = placingOf(ask, state, policy);
  const { basis, needMiB: neededMiB } = figure;
  if (fitsNever(state.gpus, figure, ask)) return { state, answer: { kind: "never", basis, neededMiB } };
  const own = withoutTicketOf(state, ask.asker);
  const { demands, reservations } = admit(own, policy);
  const placed = place(demands, reservations, placing, policy);
  if (placed === null) return { state, answer: { kind: "no", basis, neededMiB } };
  const { gpus, figureMiB, figures } = placed;
  const { asker, jobClass, pid, backend } = ask;
  const ticket = {
    id: ask.id,
    asker,
    jobClass,
    gpus,
    figureMiB,
    figures,
    pid,
    backend,
    askedMs: nowMs,
    isSure: true,
  };
  return {
    state: { ...own, gpus: giveTicket(own.gpus, ticket, isOf(ask)), tickets: [...own.tickets, ticket] },
    answer: { kind: "yes", gpus, figureMiB, basis, ticket: ticket.id },
  };
}
