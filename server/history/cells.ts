import { HISTORY_FIELDS } from "../../shared/history/row.ts";

/**
 * Figures of one stretch of time, flat: for each field of {@link HISTORY_FIELDS} the seconds that are known, the
 * lowest and the highest figure, and the sum of the seconds' means. All are whole numbers (in tenths where `SCALES`
 * says so), so that merging is exact in whatever order. Nothing known: all 0.
 */
export type Cells = Float64Array;

/** What a whole number counts: MiB, tenths of a percent, °C, tenths of a watt. In the order of the fields. */
export const SCALES: readonly number[] = [1, 10, 1, 10];
export const FIELD_COUNT = HISTORY_FIELDS.length;
/** Numbers per field: seconds, lowest, highest, sum. */
export const CELL = 4;
/** Numbers per stretch of time. */
export const STRIDE = FIELD_COUNT * CELL;

export function createCells(stretches: number): Cells {
  return new Float64Array(stretches * STRIDE);
}

/** Merges stretch `from` of `source` into stretch `to` of `target`: extremes stay, sums and seconds add up. */
export function mergeCells(target: Cells, to: number, source: Cells, from: number): void {
  for (let field = 0; field < FIELD_COUNT; field++) {
    const t = to * STRIDE + field * CELL;
    const s = from * STRIDE + field * CELL;
    const seconds = source[s] ?? 0;
    if (seconds === 0) continue;
    const known = target[t] ?? 0;
    const low = source[s + 1] ?? 0;
    const high = source[s + 2] ?? 0;
    target[t + 1] = known === 0 ? low : Math.min(target[t + 1] ?? 0, low);
    target[t + 2] = known === 0 ? high : Math.max(target[t + 2] ?? 0, high);
    target[t + 3] = (target[t + 3] ?? 0) + (source[s + 3] ?? 0);
    target[t] = known + seconds;
  }
}

/** The samples of one second as one stretch of a second. `samples` holds the fields of each; `null` = not reported. */
export function cellsOfSecond(samples: readonly (readonly (number | null)[])[]): Cells {
  const cells = createCells(1);
  for (let field = 0; field < FIELD_COUNT; field++) {
    const scale = SCALES[field] ?? 1;
    const figures = samples.flatMap((values) => values[field] ?? []);
    if (figures.length === 0) continue;
    const mean = figures.reduce((sum, figure) => sum + figure, 0) / figures.length;
    const scaled = [1, Math.min(...figures) * scale, Math.max(...figures) * scale, mean * scale];
    cells.set(scaled.map(Math.round), field * CELL);
  }
  return cells;
}

/** True when nothing is known of this stretch. */
export function isUnknown(cells: Cells, stretch: number): boolean {
  for (let field = 0; field < FIELD_COUNT; field++) {
    if ((cells[stretch * STRIDE + field * CELL] ?? 0) > 0) return false;
  }
  return true;
}
