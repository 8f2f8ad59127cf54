import type { GpuTrack, Ticket, UnlistedTicket, UnlistedUse } from "../model.ts";
import type { Policy } from "../policy.ts";
import type { Reached } from "./tenant.ts";

const WORTH_OWNING_MIB = 64;

/** What an asker's process keeps; next to nothing is nothing. */
export function withOwned(
  owned: ReadonlyMap<string, number>,
  asker: string,
  mib: number,
): ReadonlyMap<string, number> {
  const after = new Map(owned);
  if (mib > WORTH_OWNING_MIB) after.set(asker, mib);
  else after.delete(asker);
  return after;
}

interface Followed {
  use: UnlistedUse;
  reached: readonly Reached[];
}

/** What an asker's job reaches is learned when it has left or been idle for long; beside declared jobs nobody knows. */
export function followTicket(
  use: UnlistedUse,
  isExplained: boolean,
  nowMs: number,
  policy: Policy,
): Followed {
  const { ticket, otherMiB, state, stateSinceMs } = use;
  if (ticket === null) return { use, reached: [] };
  if (isExplained) return { use: { ...use, ticket: null }, reached: [] };
  const peakMiB = Math.max(ticket.peakMiB, otherMiB - ticket.baseMiB);
  const idleSinceMs = Math.max(stateSinceMs, ticket.sinceMs);
  const isOver = isGone(use, ticket, peakMiB) || (state === "idle" && nowMs - idleSinceMs >= policy.flatMs);
  const now = { ...ticket, peakMiB };
  return isOver ? close(use, now) : { use: { ...use, ticket: now }, reached: [] };
}

function isGone({ otherMiB }: UnlistedUse, { baseMiB }: UnlistedTicket, peakMiB: number): boolean {
  return peakMiB > 0 && otherMiB - baseMiB < WORTH_OWNING_MIB;
}

function close(use: UnlistedUse, ticket: UnlistedTicket): Followed {
  const { asker, baseMiB, peakMiB, isSure } = ticket;
  const keepsMiB = isSure && !isGone(use, ticket, peakMiB) ? use.otherMiB - baseMiB : 0;
  const owned = withOwned(use.owned, asker, keepsMiB);
  // Where less is left than there was before, somebody else has gone meanwhile, and the peak was not measured.
  const isMeasured = isSure && peakMiB > 0 && use.otherMiB - baseMiB > -WORTH_OWNING_MIB;
  return {
    use: { ...use, owned, ticket: null },
    reached: isMeasured ? [{ promised: ticket, peakMiB, isSuspect: false }] : [],
  };
}

export interface Taken {
  track: GpuTrack;
  reached: readonly Reached[];
  /** The ticket that was matched. */
  ticketId: string | null;
}

/** Where no process is named, what begins after one yes is taken for its asker's job; after two nobody knows whose. */
export function takeBegun(track: GpuTrack, tickets: readonly Ticket[], nowMs: number): Taken {
  const asBefore = { track, reached: [], ticketId: null };
  if (track.kind === "listed" || track.explainedMs === nowMs) return asBefore;
  const { unlisted, recent, evidence } = track;
  const claims = tickets.filter(({ gpus, askedMs }) => gpus.includes(evidence.index) && askedMs < nowMs);
  const withUse = (use: UnlistedUse) => ({ ...asBefore, track: { ...track, unlisted: use } });
  const open = unlisted.ticket;
  if (open !== null && claims.some(({ asker }) => asker !== open.asker))
    return withUse({ ...unlisted, ticket: { ...open, isSure: false } });
  const begins =
    unlisted.beganMs === nowMs || (unlisted.state === "running" && unlisted.stateSinceMs === nowMs);
  if (!begins) return asBefore;
  const [claim, other] = claims;
  if (claim === undefined || other !== undefined)
    return open === null ? withUse({ ...unlisted, movedFor: null }) : asBefore;
  const { use, reached } = open === null ? { use: unlisted, reached: [] } : close(unlisted, open);
  const { id, jobClass, figureMiB, asker, pid, backend } = claim;
  const ownMiB = pid === null && backend === null ? 0 : (use.owned.get(asker) ?? 0);
  const baseMiB = Math.max(0, (recent.at(-2)?.usedMiB ?? 0) - ownMiB);
  const promised = { jobClass, figureMiB, isSure: true };
  const ticket = { ...promised, asker, baseMiB, peakMiB: 0, sinceMs: nowMs };
  return { track: { ...track, unlisted: { ...use, movedFor: asker, ticket } }, reached, ticketId: id };
}
