import { READING_FIELDS } from "../../../shared/gpu/gpu.ts";

/** A tick that is complete, compact: index and readings of each GPU in turn, NaN for what is unknown. */
export interface ClosedTick {
  atMs: number;
  cells: readonly number[];
}
/** Numbers per GPU. */
export const STRIDE = 1 + READING_FIELDS.length;

/** How the figures of two moments become one: extremes of VRAM and temperature stay. */
const MERGE: Readonly<Record<(typeof READING_FIELDS)[number], (a: number, b: number) => number>> = {
  memoryUsedMiB: Math.max,
  memoryFreeMiB: Math.min,
  utilizationGpuPct: (a, b) => (a + b) / 2,
  temperatureC: Math.max,
  powerDrawW: (a, b) => (a + b) / 2,
};

/** Two neighbouring ticks as one, at the time of the first. Pure. */
export function mergeTicks(first: ClosedTick, second: ClosedTick): ClosedTick {
  const cells = [...first.cells];
  for (let i = 0; i < second.cells.length; i += STRIDE) {
    const there = placeOf(first.cells, second.cells[i]);
    if (there < 0) {
      cells.push(...second.cells.slice(i, i + STRIDE));
      continue;
    }
    READING_FIELDS.forEach((name, f) => {
      const a = first.cells[there + 1 + f] ?? Number.NaN;
      const b = second.cells[i + 1 + f] ?? Number.NaN;
      cells[there + 1 + f] = Number.isNaN(a) ? b : Number.isNaN(b) ? a : MERGE[name](a, b);
    });
  }
  return { atMs: first.atMs, cells };
}

/** Where the figures of a GPU begin; -1: there are none of it. */
function placeOf(cells: readonly number[], index: number | undefined): number {
  for (let i = 0; i < cells.length; i += STRIDE) if (cells[i] === index) return i;
  return -1;
}
