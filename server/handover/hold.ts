/** Somebody holds the card for something that the panel knows nothing of. Times are ms of the caller's clock. */
export interface Hold {
  by: string;
  sinceMs: number;
  /** When it took effect; `null`: it waits for the end of what runs. */
  activeMs: number | null;
  /** The backends were asked whether they work, since it was asked for. */
  isAsked: boolean;
  /** When the card was last used. */
  usedMs: number;
}

/** How long a hold lasts, ms. */
export interface HoldTimes {
  idleMs: number;
  idleWantedMs: number;
  mostMs: number;
}

const MINUTE_MS = 60_000;
export const HOLD_TIMES: HoldTimes = {
  idleMs: 15 * MINUTE_MS,
  idleWantedMs: 2 * MINUTE_MS,
  mostMs: 240 * MINUTE_MS,
};
/** A card that computes more than this is in use. */
const IN_USE_PCT = 10;

/** What a moment says about a hold. */
export interface HoldSeen {
  /** A declared job or a backend works. */
  works: boolean;
  /** Most that one of the GPUs computes; `null`: not told, which counts as idle. */
  utilizationPct: number | null;
  /** Somebody waits for room. */
  isWanted: boolean;
}

export function beginHold(before: Hold | null, by: string, nowMs: number): Hold {
  // Asked for once more by whomever: it goes on as if it had just been used.
  return before === null
    ? { by, sinceMs: nowMs, activeMs: null, isAsked: false, usedMs: nowMs }
    : { ...before, usedMs: nowMs };
}

/** The hold after a moment; `null`: it has ended. Pure. */
export function holdAfter(
  hold: Hold,
  { works, utilizationPct, isWanted }: HoldSeen,
  times: HoldTimes,
  nowMs: number,
): Hold | null {
  const { activeMs } = hold;
  if (nowMs - hold.sinceMs >= times.mostMs) return null;
  // Never in the middle of a job: it takes effect when what runs has ended.
  if (activeMs === null) return works || !hold.isAsked ? hold : { ...hold, activeMs: nowMs, usedMs: nowMs };
  const isUsed = works || (utilizationPct ?? 0) > IN_USE_PCT;
  const usedMs = isUsed ? nowMs : hold.usedMs;
  const after = { ...hold, usedMs };
  return nowMs >= endsMs(after, isWanted, times) ? null : after;
}

/** When it ends if the card stays idle. */
export function endsMs({ sinceMs, usedMs }: Hold, isWanted: boolean, times: HoldTimes): number {
  return Math.min(usedMs + (isWanted ? times.idleWantedMs : times.idleMs), sinceMs + times.mostMs);
}
