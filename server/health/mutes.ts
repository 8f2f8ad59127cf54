import type { Mute } from "../../shared/health/past-alert.ts";

/** Rules of whose alerts nobody is told, and until when. */
export interface Mutes {
  /** `null`: it is not muted. */
  until(rule: string): number | null;
  list(): Mute[];
  /** From now on for so many minutes; 0 ends it. */
  set(rule: string, minutes: number): Mute;
  /** Forgets those that are over; true if there were any. */
  dropOver(): boolean;
}

/** @param wallNow the time of day, epoch milliseconds */
export function createMutes(known: ReadonlyMap<string, number>, wallNow: () => number): Mutes {
  const mutes = new Map(known);

  function dropOver(): boolean {
    const over = [...mutes].filter(([, until]) => until <= wallNow());
    for (const [rule] of over) mutes.delete(rule);
    return over.length > 0;
  }

  return {
    until(rule) {
      const until = mutes.get(rule) ?? 0;
      return until > wallNow() ? until : null;
    },
    list: () => [...mutes].filter(([, until]) => until > wallNow()).map(([rule, until]) => ({ rule, until })),
    set(rule, minutes) {
      const mute = { rule, until: Math.round(wallNow() + minutes * 60_000) };
      mutes.set(rule, mute.until);
      dropOver();
      return mute;
    },
    dropOver,
  };
}
