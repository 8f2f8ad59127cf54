import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { Sample } from "../../shared/gpu/sample.ts";
import { HISTORY_FIELDS } from "../../shared/history/row.ts";
import { steadyMs, wallMs } from "../lib/clock.ts";
import type { OpenBlock } from "./block-shelf.ts";
import { createBlockShelf } from "./block-shelf.ts";
import type { BlockStore } from "./block-store.ts";
import { type Cells, cellsOfSecond, createCells, mergeCells } from "./cells.ts";
import { type Grid, mergeBlock } from "./downsample.ts";
import { blockStart, LEVELS } from "./levels.ts";
import { type Clocks, createPruning } from "./pruning.ts";

/** Thirty days of samples, by GPU and wall clock, in memory until they are on disk. */
export interface Archive {
  append(sample: Sample): void;
  /** What is known of one GPU, as points of the grid. */
  points(uuid: string, grid: Grid): Cells;
  /** Writes to disk what is not there yet: a few ms, to be called once a minute. */
  flush(): void;
  /** Writes everything. */
  close(): void;
}

export interface ArchiveOptions {
  /** The longest regular distance between samples (ms). */
  longestIntervalMs(): number;
  clocks?: () => Clocks;
}

/** What is being filled of one GPU. */
interface Track {
  /** The second that is being filled, counted from the epoch; `null` before the first sample. */
  second: number | null;
  samples: (number | null)[][];
  /** By level. */
  blocks: (OpenBlock | undefined)[];
}

/** Beside the blocks in use, so many at a time: after a day without a disk there are thousands. */
const BLOCKS_A_FLUSH = 256;
const GONE_S = 3600;

export function createArchive(
  store: BlockStore,
  { longestIntervalMs, clocks = () => ({ wallMs: wallMs(), steadyMs: steadyMs() }) }: ArchiveOptions,
): Archive {
  const shelf = createBlockShelf(store);
  const tracks = new Map<string, Track>();
  const pruning = createPruning(clocks());
  /** A sample stands for the time since the one before, but not for longer than this. */
  const mostSeconds = () => Math.ceil((2 * longestIntervalMs()) / 1000);

  function trackOf(uuid: string): Track {
    const known = tracks.get(uuid);
    if (known !== undefined) return known;
    const track = { second: null, samples: [], blocks: [] };
    tracks.set(uuid, track);
    return track;
  }

  function commit(uuid: string, track: Track, second: number, cells: Cells) {
    for (const [i, { bucketMs }] of LEVELS.entries()) {
      const startMs = blockStart(bucketMs, second * 1000);
      let block = track.blocks[i];
      if (block?.startMs !== startMs) {
        if (block !== undefined) shelf.putAway(block);
        block = shelf.open({ bucketMs, uuid, startMs });
        track.blocks[i] = block;
      }
      mergeCells(block.cells, Math.floor((second * 1000 - startMs) / bucketMs), cells, 0);
      block.dirty = true;
    }
  }

  /** Commits the second that was being filled. */
  function finish(uuid: string, track: Track) {
    const { second, samples } = track;
    if (second !== null && samples.some((values) => values.some((value) => value !== null)))
      commit(uuid, track, second, cellsOfSecond(samples));
    track.samples = [];
  }

  function add(uuid: string, values: (number | null)[], second: number) {
    const track = trackOf(uuid);
    const before = track.second;
    if (second !== before) {
      finish(uuid, track);
      // A clock that was set back, or samples that were missed: nothing is made up for the time between.
      const filled = before !== null && second > before && second - before <= mostSeconds();
      if (filled && values.some((value) => value !== null)) {
        const cells = cellsOfSecond([values]);
        for (let missed = before + 1; missed < second; missed++) commit(uuid, track, missed, cells);
      }
    }
    track.second = second;
    track.samples.push(values);
  }

  /** Of a GPU that has gone, what is being filled is put away: it may never come back. */
  function letGo(second: number) {
    for (const [uuid, track] of tracks) {
      if (track.second === null || second - track.second < GONE_S) continue;
      finish(uuid, track);
      for (const block of track.blocks) if (block !== undefined) shelf.putAway(block);
      tracks.delete(uuid);
    }
  }

  const inUse = () =>
    [...tracks.values()].flatMap(({ blocks }) => blocks.filter((block) => block !== undefined));

  return {
    append({ gpus }) {
      const second = Math.floor(clocks().wallMs / 1000);
      for (const gpu of gpus) add(gpu.uuid, valuesOf(gpu), second);
    },
    points(uuid, grid) {
      const { level, fromMs, pointMs, count } = grid;
      const points = createCells(count);
      const { bucketMs } = level;
      const blocks = shelf.find(bucketMs, uuid, blockStart(bucketMs, fromMs), fromMs + count * pointMs);
      for (const [startMs, cells] of blocks) mergeBlock(points, grid, startMs, cells);
      return points;
    },
    flush() {
      const now = clocks();
      letGo(Math.floor(now.wallMs / 1000));
      shelf.flush(inUse(), BLOCKS_A_FLUSH);
      if (!pruning.check(now)) return;
      shelf.prune(now.wallMs);
      pruning.step(store, now.wallMs);
    },
    close() {
      for (const [uuid, track] of tracks) finish(uuid, track);
      while (shelf.flush(inUse(), BLOCKS_A_FLUSH) && shelf.waiting > 0);
      store.close();
    },
  };
}

function valuesOf(gpu: Gpu): (number | null)[] {
  return HISTORY_FIELDS.map(({ name }) => gpu[name]);
}
