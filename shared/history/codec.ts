import { HISTORY_STRIDE, type HistoryRow } from "./row.ts";

/**
 * History as it travels: one flat array of numbers, each the difference from the same column of the row
 * before (from 0 in the first row and after `null`s the last known value). Columns: fromSeq, seq − fromSeq,
 * tMs, then the values. Idle GPUs cost two characters a figure.
 */
export interface EncodedHistory {
  columns: number;
  data: (number | null)[];
}

const HEAD = 3;

/** Rows → wire. All rows must have the same number of values; figures are rounded to integers. */
export function encodeHistory(rows: readonly HistoryRow[], gpuCount: number): EncodedHistory {
  const columns = HEAD + gpuCount * HISTORY_STRIDE;
  const previous = new Array<number>(columns).fill(0);
  const data: (number | null)[] = [];
  for (const row of rows) {
    const cells = [row.fromSeq, row.seq - row.fromSeq, row.tMs, ...row.values];
    for (let i = 0; i < columns; i++) {
      const cell = cells[i] ?? null;
      if (cell === null) {
        data.push(null);
        continue;
      }
      const rounded = Math.round(cell);
      data.push(rounded - (previous[i] ?? 0));
      previous[i] = rounded;
    }
  }
  return { columns, data };
}

/** Wire → rows. Throws a RangeError when the data are not whole rows. */
export function decodeHistory({ columns, data }: EncodedHistory): HistoryRow[] {
  if (columns < HEAD || data.length % columns !== 0) {
    throw new RangeError(`history of ${data.length} figures is not rows of ${columns} columns`);
  }
  const previous = new Array<number>(columns).fill(0);
  const rows: HistoryRow[] = [];
  for (let start = 0; start < data.length; start += columns) {
    const cells: (number | null)[] = [];
    for (let i = 0; i < columns; i++) {
      const delta = data[start + i] ?? null;
      if (delta === null) {
        cells.push(null);
        continue;
      }
      const cell = (previous[i] ?? 0) + delta;
      previous[i] = cell;
      cells.push(cell);
    }
    const [fromSeq, span, tMs, ...values] = cells;
    if (fromSeq == null || span == null || tMs == null)
      throw new RangeError("history row without seq or time");
    rows.push({ fromSeq, seq: fromSeq + span, tMs, count: span + 1, values });
  }
  return rows;
}
