import { createByteReader, createByteWriter } from "../lib/bytes.ts";
import { CELL, type Cells, createCells, FIELD_COUNT, STRIDE } from "./cells.ts";
import { BLOCK_BUCKETS } from "./levels.ts";

/** First byte of a block: another one is of a sidecar that we do not know. */
const VERSION = 1;

/**
 * A block of buckets as bytes. Field by field and bucket by bucket: the seconds known, and where there are any the
 * lowest figure as its difference from the one before, how far the highest lies above it, and how far the sum lies
 * above `seconds × lowest`. Small numbers take a byte: a busy GPU takes some 25 bytes a bucket.
 */
export function encodeBlock(cells: Cells): Uint8Array {
  const { put, putSigned, take } = createByteWriter();
  put(VERSION);
  for (let field = 0; field < FIELD_COUNT; field++) {
    let before = 0;
    for (let bucket = 0; bucket < BLOCK_BUCKETS; bucket++) {
      const i = bucket * STRIDE + field * CELL;
      const seconds = cells[i] ?? 0;
      put(seconds);
      if (seconds === 0) continue;
      const low = cells[i + 1] ?? 0;
      putSigned(low - before);
      before = low;
      put((cells[i + 2] ?? 0) - low);
      put((cells[i + 3] ?? 0) - seconds * low);
    }
  }
  return take();
}

/** Bytes → block. Throws a RangeError when they are none. */
export function decodeBlock(bytes: Uint8Array): Cells {
  const { take, takeSigned, atEnd } = createByteReader(bytes);
  if (take() !== VERSION) throw new RangeError("a block of history is of another version");
  const cells = createCells(BLOCK_BUCKETS);
  for (let field = 0; field < FIELD_COUNT; field++) {
    let before = 0;
    for (let bucket = 0; bucket < BLOCK_BUCKETS; bucket++) {
      const seconds = take();
      if (seconds === 0) continue;
      const low = before + takeSigned();
      before = low;
      const i = bucket * STRIDE + field * CELL;
      cells[i] = seconds;
      cells[i + 1] = low;
      cells[i + 2] = low + take();
      cells[i + 3] = seconds * low + take();
    }
  }
  if (!atEnd()) throw new RangeError("a block of history goes on behind its end");
  return cells;
}
