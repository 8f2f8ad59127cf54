import type { GpuRow } from "./gpu-row.ts";

/** The rows of one tick of the loop, in the order of their indexes. */
export type Tick = readonly GpuRow[];

/**
 * Puts rows together into ticks. nvidia-smi prints one row per GPU and tick, indexes rising, and nothing between
 * ticks: a tick has ended when an index does not rise, when every GPU of the tick before has come (so that
 * the usual case waits for nothing), or when `flush` is called after a pause.
 */
export interface TickAssembler {
  /** Returns the ticks that this row completes: none, one, or two when it ends one and is a whole one itself. */
  push(row: GpuRow): Tick[];
  /** Ends the tick in progress, if there is one. */
  flush(): Tick | null;
}

export function createTickAssembler(): TickAssembler {
  let rows: GpuRow[] = [];
  let expected: ReadonlySet<number> = new Set();
  /** The tick that was closed because every expected GPU had come: a further row may still belong to it. */
  let closedEarly: GpuRow[] = [];

  function close(): Tick {
    const tick = rows;
    rows = [];
    expected = new Set(tick.map(({ index }) => index));
    return tick;
  }

  return {
    push(row) {
      const ticks: Tick[] = [];
      const last = rows.at(-1);
      if (last !== undefined && row.index <= last.index) ticks.push(close());
      const lastClosed = closedEarly.at(-1);
      if (rows.length === 0 && lastClosed !== undefined && row.index > lastClosed.index) {
        // A GPU that was not there before, behind those that were: the tick was larger than expected.
        rows = [...closedEarly];
        expected = new Set();
      }
      closedEarly = [];
      rows.push(row);
      if (
        expected.size > 0 &&
        rows.length >= expected.size &&
        rows.every(({ index }) => expected.has(index))
      ) {
        closedEarly = rows;
        ticks.push(close());
      }
      return ticks;
    },
    flush() {
      closedEarly = [];
      return rows.length === 0 ? null : close();
    },
  };
}
