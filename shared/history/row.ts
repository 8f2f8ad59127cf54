/**
 * A stretch of history, one sample or several merged ones.
 * `values` holds {@link HISTORY_FIELDS} for each GPU in the order `hello` named them; `null` = not reported.
 */
export interface HistoryRow {
  /** First sample in this row. */
  fromSeq: number;
  /** Last sample in this row; `fromSeq` of the next row is `seq + 1` unless samples were missed. */
  seq: number;
  /** When the last sample was taken, ms since the sidecar's epoch. */
  tMs: number;
  /** How many samples the row stands for. */
  count: number;
  values: readonly (number | null)[];
}

/** What history keeps of a reading, and how samples that fall into one row are merged. */
export const HISTORY_FIELDS = [
  { name: "memoryUsedMiB", merge: "max" },
  { name: "utilizationGpuPct", merge: "mean" },
  { name: "temperatureC", merge: "max" },
  { name: "powerDrawW", merge: "mean" },
] as const;
export const HISTORY_STRIDE = HISTORY_FIELDS.length;

/** History is kept no finer than this: a faster rate is merged, peaks kept. */
export const HISTORY_SLOT_MS = 1000;
/** How far back full-rate history goes. */
export const HISTORY_WINDOW_MS = 15 * 60_000;

/** Merges `next` into `row`: VRAM and temperature keep their peak, utilization and power their mean. */
export function mergeRows(row: HistoryRow, next: HistoryRow): HistoryRow {
  const count = row.count + next.count;
  const values = next.values.map((b, i) => {
    const a = row.values[i] ?? null;
    if (a === null || b === null) return b ?? a;
    const field = HISTORY_FIELDS[i % HISTORY_STRIDE];
    if (field?.merge === "max") return Math.max(a, b);
    return (a * row.count + b * next.count) / count;
  });
  return { fromSeq: row.fromSeq, seq: next.seq, tMs: next.tMs, count, values };
}

/**
 * Appends in place, merging into the last row while both fall into the same {@link HISTORY_SLOT_MS},
 * and drops what is older than {@link HISTORY_WINDOW_MS}. Rows already known (`seq` not newer) are ignored.
 */
export function appendRow(rows: HistoryRow[], row: HistoryRow): void {
  const last = rows.at(-1);
  if (last !== undefined && row.seq <= last.seq) return;
  if (last !== undefined && row.fromSeq <= last.fromSeq) {
    // The same stretch with more samples in it, as a resume brings it: merging would count them twice.
    rows[rows.length - 1] = row;
    return;
  }
  const sameSlot =
    last !== undefined &&
    Math.floor(last.tMs / HISTORY_SLOT_MS) === Math.floor(row.tMs / HISTORY_SLOT_MS) &&
    row.fromSeq <= last.seq + 1;
  if (sameSlot) rows[rows.length - 1] = mergeRows(last, row);
  else rows.push(row);
  const oldest = row.tMs - HISTORY_WINDOW_MS;
  let drop = 0;
  while (drop < rows.length && (rows[drop]?.tMs ?? oldest) < oldest) drop++;
  if (drop > 0) rows.splice(0, drop);
}

/** True when nothing is known between two neighbouring rows: samples were missed, or the source was away. */
export function isGap(before: HistoryRow, after: HistoryRow, longestIntervalMs: number): boolean {
  return after.fromSeq > before.seq + 1 || after.tMs - before.tMs > 3 * longestIntervalMs + 2000;
}
