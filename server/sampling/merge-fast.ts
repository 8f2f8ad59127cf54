import { steadyMs } from "../lib/clock.ts";

/** Lets values through no faster than asked for; of those that come sooner the newest is given when it is time. */
export interface FastMerge<T> {
  push(value: T): void;
  /** Gives at once what is held, before something that must not overtake it. */
  flush(): void;
  close(): void;
}

/** @param leastMs the least time between two values, asked for each time: it may change */
export function createFastMerge<T>(
  leastMs: () => number,
  give: (value: T) => void,
  nowMs = steadyMs,
): FastMerge<T> {
  let givenAtMs = Number.NEGATIVE_INFINITY;
  let held: { value: T } | null = null;
  let timer: NodeJS.Timeout | undefined;

  function flush() {
    clearTimeout(timer);
    timer = undefined;
    if (held === null) return;
    const { value } = held;
    held = null;
    givenAtMs = nowMs();
    give(value);
  }

  return {
    push(value) {
      held = { value };
      const waitMs = givenAtMs + leastMs() - nowMs();
      if (waitMs <= 0) flush();
      else timer ??= setTimeout(flush, waitMs);
    },
    flush,
    close: () => clearTimeout(timer),
  };
}
