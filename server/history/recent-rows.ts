import { HISTORY_FIELDS, HISTORY_WINDOW_MS, type HistoryRow } from "../../shared/history/row.ts";
import type { Archive } from "./archive.ts";
import { CELL, SCALES, STRIDE } from "./cells.ts";
import type { Grid } from "./downsample.ts";
import { LEVELS } from "./levels.ts";

/**
 * What the archive knows of the last 15 minutes by the second, as rows from before the first sample of this run:
 * their numbers go up to 0. A second of which nothing is known makes no row.
 * @param epochMs wall clock of `tMs` = 0
 */
export function recentRows(archive: Archive, uuids: readonly string[], epochMs: number): HistoryRow[] {
  const [level] = LEVELS;
  if (level === undefined) return [];
  const pointMs = level.bucketMs;
  const count = Math.ceil(HISTORY_WINDOW_MS / pointMs);
  const fromMs = Math.floor(epochMs / pointMs) * pointMs - count * pointMs;
  const grid: Grid = { level, fromMs, pointMs, count };
  const tracks = uuids.map((uuid) => archive.points(uuid, grid));
  const rows: HistoryRow[] = [];
  for (let second = 0; second < count; second++) {
    const values = tracks.flatMap((cells) =>
      HISTORY_FIELDS.map(({ merge }, field) => {
        const i = second * STRIDE + field * CELL;
        const seconds = cells[i] ?? 0;
        if (seconds === 0) return null;
        return (merge === "max" ? (cells[i + 2] ?? 0) : (cells[i + 3] ?? 0) / seconds) / (SCALES[field] ?? 1);
      }),
    );
    if (values.every((value) => value === null)) continue;
    const tMs = fromMs + second * pointMs - epochMs;
    rows.push({ fromSeq: 0, seq: 0, tMs, count: 1, values });
  }
  return rows.map((row, i) => ({ ...row, fromSeq: i + 1 - rows.length, seq: i + 1 - rows.length }));
}
