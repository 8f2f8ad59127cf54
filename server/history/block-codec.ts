import { CELL, type Cells, createCells, FIELD_COUNT, STRIDE } from "./cells.ts";
import { BLOCK_BUCKETS } from "./levels.ts";

/** First byte of a block: another one is of a sidecar that we do not know. */
const VERSION = 1;
/** Bytes that the longest block takes: numbers of up to 2^53 in groups of seven bits. */
const MOST_BYTES = 1 + BLOCK_BUCKETS * STRIDE * 8;

/**
 * A block of buckets as bytes. Field by field and bucket by bucket: the seconds known, and where there are any the
 * lowest figure as its difference from the one before, how far the highest lies above it, and how far the sum lies
 * above `seconds × lowest`. Small numbers take a byte: a busy GPU takes some 25 bytes a bucket.
 */
export function encodeBlock(cells: Cells): Buffer {
  const out = Buffer.allocUnsafe(MOST_BYTES);
  let at = 0;
  const put = (value: number) => {
    let rest = value;
    while (rest >= 0x80) {
      out[at++] = (rest % 0x80) + 0x80;
      rest = Math.floor(rest / 0x80);
    }
    out[at++] = rest;
  };
  put(VERSION);
  for (let field = 0; field < FIELD_COUNT; field++) {
    let before = 0;
    for (let bucket = 0; bucket < BLOCK_BUCKETS; bucket++) {
      const i = bucket * STRIDE + field * CELL;
      const seconds = cells[i] ?? 0;
      put(seconds);
      if (seconds === 0) continue;
      const low = cells[i + 1] ?? 0;
      const delta = low - before;
      before = low;
      put(delta < 0 ? -2 * delta - 1 : 2 * delta);
      put((cells[i + 2] ?? 0) - low);
      put((cells[i + 3] ?? 0) - seconds * low);
    }
  }
  return Buffer.from(out.subarray(0, at));
}

/** Bytes → block. Throws a RangeError when they are none. */
export function decodeBlock(bytes: Uint8Array): Cells {
  let at = 0;
  const take = () => {
    let value = 0;
    let weight = 1;
    for (;;) {
      const byte = bytes[at++];
      if (byte === undefined || weight > Number.MAX_SAFE_INTEGER) {
        throw new RangeError("a block of history ends in the middle");
      }
      value += (byte % 0x80) * weight;
      if (byte < 0x80) return value;
      weight *= 0x80;
    }
  };
  if (take() !== VERSION) throw new RangeError("a block of history is of another version");
  const cells = createCells(BLOCK_BUCKETS);
  for (let field = 0; field < FIELD_COUNT; field++) {
    let before = 0;
    for (let bucket = 0; bucket < BLOCK_BUCKETS; bucket++) {
      const seconds = take();
      if (seconds === 0) continue;
      const code = take();
      const low = before + (code % 2 === 1 ? -(code + 1) / 2 : code / 2);
      before = low;
      const i = bucket * STRIDE + field * CELL;
      cells[i] = seconds;
      cells[i + 1] = low;
      cells[i + 2] = low + take();
      cells[i + 3] = seconds * low + take();
    }
  }
  if (at !== bytes.length) throw new RangeError("a block of history goes on behind its end");
  return cells;
}
