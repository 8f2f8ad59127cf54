/**
 * The lesser of a figure of this sample and of the one before, between which a list of processes was read; `null`: this
 * one is not known. Pure.
 */
export const leastOf = (now: number | null, before: number | null) =>
  now === null ? null : Math.min(now, before ?? now);
