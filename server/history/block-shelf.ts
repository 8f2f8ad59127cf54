import { decodeBlock, encodeBlock } from "./block-codec.ts";
import type { BlockKey, BlockStore, StoredBlock } from "./block-store.ts";
import { type Cells, createCells, mergeCells } from "./cells.ts";
import { BLOCK_BUCKETS, LEVELS } from "./levels.ts";
import { keptSince } from "./pruning.ts";

/** A block to which samples are added. */
export interface OpenBlock extends BlockKey {
  cells: Cells;
  /** It holds what is not on disk. */
  dirty: boolean;
  /** It holds what is on disk. False where the disk could not be asked when the block was begun. */
  whole: boolean;
}

/** Blocks in memory until they are on disk: those that are being filled, and full ones that wait. */
export interface BlockShelf {
  open(key: BlockKey): OpenBlock;
  /** No more is added to it for now. */
  putAway(block: OpenBlock): void;
  /** Everything that is known of this GPU and level in the window, by beginning. */
  find(bucketMs: number, uuid: string, fromMs: number, toMs: number): Map<number, Cells>;
  /** Writes what is not on disk yet, up to `most` blocks beside those in use. False: it could not. */
  flush(inUse: Iterable<OpenBlock>, most: number): boolean;
  /** Forgets what is older than it is to be kept. */
  prune(wallMs: number): void;
  /** How many full blocks wait for the disk. */
  readonly waiting: number;
}

interface WaitingBlock {
  block: StoredBlock;
  whole: boolean;
}

export function createBlockShelf(store: BlockStore): BlockShelf {
  const waiting = new Map<string, WaitingBlock>();
  const used = new Map<string, OpenBlock>();
  const nameOf = ({ bucketMs, uuid, startMs }: BlockKey) => `${bucketMs} ${startMs} ${uuid}`;

  /** Adds what the disk knows of a block that was begun without it. False: the disk still cannot be asked. */
  function makeWhole(block: BlockKey & { whole: boolean }, cells: Cells): boolean {
    if (block.whole) return true;
    const { bucketMs, uuid, startMs } = block;
    const known = store.read(bucketMs, uuid, startMs, startMs + 1);
    if (known === null) return false;
    for (const { bytes } of known) mergeAll(cells, decodeSafely(bytes));
    block.whole = true;
    return true;
  }

  return {
    open(key) {
      const name = nameOf(key);
      const put = waiting.get(name);
      waiting.delete(name);
      const cells = put === undefined ? createCells(BLOCK_BUCKETS) : decodeSafely(put.block.bytes);
      const block = { ...key, cells, dirty: put !== undefined, whole: put?.whole ?? false };
      makeWhole(block, cells);
      used.set(name, block);
      return block;
    },
    putAway({ cells, dirty, whole, ...key }) {
      const name = nameOf(key);
      used.delete(name);
      if (dirty) waiting.set(name, { block: { ...key, bytes: encodeBlock(cells) }, whole });
    },
    find(bucketMs, uuid, fromMs, toMs) {
      const found = new Map<number, Cells>();
      for (const { startMs, bytes } of store.read(bucketMs, uuid, fromMs, toMs) ?? []) {
        found.set(startMs, decodeSafely(bytes));
      }
      const overlay = (key: BlockKey, whole: boolean, cells: () => Cells) => {
        if (key.bucketMs !== bucketMs || key.uuid !== uuid) return;
        if (key.startMs < fromMs || key.startMs >= toMs) return;
        const onDisk = found.get(key.startMs);
        if (whole || onDisk === undefined) found.set(key.startMs, cells());
        else mergeAll(onDisk, cells());
      };
      for (const { block, whole } of waiting.values()) overlay(block, whole, () => decodeSafely(block.bytes));
      for (const block of used.values()) overlay(block, block.whole, () => block.cells);
      return found;
    },
    flush(inUse, most) {
      const dirty = [...inUse].filter((block) => block.dirty);
      const full = [...waiting].slice(0, most);
      for (const block of dirty) if (!makeWhole(block, block.cells)) return false;
      for (const [, put] of full) {
        if (put.whole) continue;
        const cells = decodeSafely(put.block.bytes);
        const target = { ...put.block, whole: false };
        if (!makeWhole(target, cells)) return false;
        put.block = { ...put.block, bytes: encodeBlock(cells) };
        put.whole = true;
      }
      const blocks = [
        ...dirty.map(({ bucketMs, uuid, startMs, cells }) => ({
          bucketMs,
          uuid,
          startMs,
          bytes: encodeBlock(cells),
        })),
        ...full.map(([, { block }]) => block),
      ];
      if (blocks.length === 0) return true;
      if (!store.write(blocks)) return false;
      for (const block of dirty) block.dirty = false;
      for (const [name] of full) waiting.delete(name);
      return true;
    },
    prune(wallMs) {
      const since = new Map(
        LEVELS.map(({ bucketMs, keepMs }) => [bucketMs, keptSince(bucketMs, keepMs, wallMs)]),
      );
      for (const [name, { block }] of waiting) {
        if (block.startMs < (since.get(block.bucketMs) ?? 0)) waiting.delete(name);
      }
    },
    get waiting() {
      return waiting.size;
    },
  };
}

function mergeAll(target: Cells, source: Cells) {
  for (let bucket = 0; bucket < BLOCK_BUCKETS; bucket++) mergeCells(target, bucket, source, bucket);
}

/** A block that cannot be read counts as unknown. */
function decodeSafely(bytes: Uint8Array): Cells {
  try {
    return decodeBlock(bytes);
  } catch {
    return createCells(BLOCK_BUCKETS);
  }
}
