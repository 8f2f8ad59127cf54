/** How many may come at once, and how many a second in the long run. */
export interface Rate {
  burst: number;
  perSecond: number;
}

/** A bucket of permissions as it was at a moment. One that does not exist yet is full. */
export interface Bucket {
  left: number;
  atMs: number;
}

/** What is rounded away while a bucket fills must keep nobody waiting. */
const ROUNDING = 1e-9;

/** The bucket at `nowMs`. A clock that goes back takes nothing away and adds nothing. */
export function refill(bucket: Bucket | undefined, { burst, perSecond }: Rate, nowMs: number): Bucket {
  if (bucket === undefined) return { left: burst, atMs: nowMs };
  const elapsedMs = Math.max(0, nowMs - bucket.atMs);
  const left = Math.min(burst, bucket.left + (elapsedMs * perSecond) / 1000);
  return { left, atMs: Math.max(nowMs, bucket.atMs) };
}

/** How long until one may be taken (ms); 0: now. */
export function waitMs(bucket: Bucket | undefined, rate: Rate, nowMs: number): number {
  const { left } = refill(bucket, rate, nowMs);
  return left >= 1 - ROUNDING ? 0 : Math.ceil(((1 - left) * 1000) / rate.perSecond);
}

/** The bucket after one was taken, or `null` when it holds none. */
export function take(bucket: Bucket | undefined, rate: Rate, nowMs: number): Bucket | null {
  const { left, atMs } = refill(bucket, rate, nowMs);
  return left >= 1 - ROUNDING ? { left: Math.max(0, left - 1), atMs } : null;
}
