import type { CapacityState, Ticket } from "../model.ts";
import type { Policy } from "../policy.ts";

/** Tickets whose process never came are dropped once none can match any more. */
export function dropOld(tickets: readonly Ticket[], nowMs: number, { ticketMatchMs }: Policy): Ticket[] {
  return tickets.filter(({ askedMs }) => nowMs - askedMs < ticketMatchMs);
}

/** An asker has one open ticket at most. */
export function withoutTicketOf(state: CapacityState, asker: string): CapacityState {
  return { ...state, tickets: state.tickets.filter((ticket) => ticket.asker !== asker) };
}
