import { createHolds } from "../lib/holds.ts";
import type { SamplingTimings } from "../timings.ts";

/** How often to sample: at the rate asked for while somebody watches, seldom otherwise, fast while a release measures. */
export interface SamplingRate {
  isWatched(): boolean;
  setWatched(watched: boolean): void;
  /** Keeps the rate at one sample a second or faster, watched or not, until the returned function is called. */
  holdFast(): () => void;
  close(): void;
}

export interface RateOptions {
  /** Milliseconds between samples while somebody watches. */
  intervalMs: number;
  /** Samples at the rate asked for though nobody watches: they are written to a log. */
  keepsRate?: boolean;
  timings: Pick<SamplingTimings, "idleIntervalMs" | "fastIntervalMs" | "lingerMs">;
}

/** The rate while nobody watches, ms. */
export function idleRateMs({ intervalMs, keepsRate, timings }: RateOptions): number {
  return keepsRate ? intervalMs : Math.max(timings.idleIntervalMs, intervalMs);
}

/** @param apply told the rate whenever it may have changed */
export function createSamplingRate(options: RateOptions, apply: (intervalMs: number) => void): SamplingRate {
  const { fastIntervalMs, lingerMs } = options.timings;
  const idleMs = idleRateMs(options);
  let watched = false;
  /** Whoever has just gone may be back at once. */
  let lingering = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  const fast = createHolds(adjust);

  function adjust() {
    if (closed) return;
    const wanted = watched || lingering ? options.intervalMs : idleMs;
    apply(fast.areAny() ? Math.min(wanted, options.intervalMs, fastIntervalMs) : wanted);
  }

  return {
    isWatched: () => watched,
    setWatched(next) {
      if (next === watched || closed) return;
      watched = next;
      clearTimeout(timer);
      lingering = !watched;
      adjust();
      if (watched) return;
      timer = setTimeout(() => {
        lingering = false;
        adjust();
      }, lingerMs);
    },
    holdFast: fast.take,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
