import { type Bucket, type Rate, refill, take, waitMs } from "./token-bucket.ts";

/** A bucket for each key, in bounded memory. */
export interface RateLimiter {
  /** Takes one for this key: 0, or how long to wait (ms) when there was none to take. */
  take(key: string, nowMs: number): number;
  /** How long this key has to wait (ms); takes nothing. */
  waitMs(key: string, nowMs: number): number;
  /** How many keys are remembered. */
  readonly size: number;
}

/**
 * @param mostKeys When there are more, those that are full again are forgotten, and after them the one not
 *   seen for longest: whoever wants to be forgotten so needs that many addresses.
 */
export function createRateLimiter(rate: Rate, mostKeys: number): RateLimiter {
  /** In the order in which they were last used. */
  const buckets = new Map<string, Bucket>();

  function forgetOldest(nowMs: number) {
    for (const [key, bucket] of buckets) {
      const isFull = refill(bucket, rate, nowMs).left >= rate.burst;
      if (!isFull && buckets.size <= mostKeys) return;
      buckets.delete(key);
    }
  }

  return {
    take(key, nowMs) {
      const known = buckets.get(key);
      const taken = take(known, rate, nowMs);
      if (taken === null) return waitMs(known, rate, nowMs);
      buckets.delete(key);
      buckets.set(key, taken);
      if (buckets.size > mostKeys) forgetOldest(nowMs);
      return 0;
    },
    waitMs: (key, nowMs) => waitMs(buckets.get(key), rate, nowMs),
    get size() {
      return buckets.size;
    },
  };
}
