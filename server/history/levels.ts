const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** How fine history is kept, and for how long. */
export interface Level {
  /** A whole number of buckets of the level before. */
  bucketMs: number;
  keepMs: number;
}

/**
 * 15 minutes by the second, 24 hours by 10 s, 30 days by the minute. The last level is there so that a month is
 * answered from 2,880 buckets a GPU instead of 43,200.
 */
export const LEVELS: readonly Level[] = [
  { bucketMs: 1000, keepMs: 15 * MINUTE_MS },
  { bucketMs: 10_000, keepMs: DAY_MS },
  { bucketMs: MINUTE_MS, keepMs: 30 * DAY_MS },
  { bucketMs: 15 * MINUTE_MS, keepMs: 30 * DAY_MS },
];

/** Kept a little longer, so that "the last 15 minutes" are answered by the second when the question has travelled. */
export const SLACK_MS = MINUTE_MS;

/** So many neighbouring buckets of one GPU are kept together: few enough to write them anew every minute. */
export const BLOCK_BUCKETS = 60;

/** Length of a block (ms). */
export const blockMsOf = (bucketMs: number) => bucketMs * BLOCK_BUCKETS;
/** When the block begins that this moment falls into. */
export const blockStart = (bucketMs: number, atMs: number) =>
  Math.floor(atMs / blockMsOf(bucketMs)) * blockMsOf(bucketMs);
