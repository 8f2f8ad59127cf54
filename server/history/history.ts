import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { Sample } from "../../shared/gpu/sample.ts";
import { appendRow, HISTORY_FIELDS, HISTORY_STRIDE, type HistoryRow } from "../../shared/history/row.ts";

/** The last 15 minutes, in memory. */
export interface History {
  append(sample: Sample): void;
  /** Forgets everything; these rows of the same GPUs are the past from now on. */
  restart(past: readonly HistoryRow[]): void;
  /**
   * Rows with samples after `sinceSeq` and not older than `windowMs` before the newest, for the GPUs of now. After 0:
   * also what is known from before this run.
   */
  since(sinceSeq: number, windowMs: number): HistoryRow[];
}

/**
 * Keeps rows for the GPUs of the newest sample; when a GPU joins, older rows get unknown figures for it.
 * @param before rows of these GPUs from before the first sample, numbered up to 0; asked for once
 */
export function createHistory(before: (uuids: readonly string[]) => HistoryRow[] = () => []): History {
  const rows: HistoryRow[] = [];
  let order: readonly string[] = [];

  function reorder(uuids: readonly string[]) {
    const from = uuids.map((uuid) => order.indexOf(uuid));
    rows.forEach((row, i) => {
      const values = from.flatMap((position) =>
        HISTORY_FIELDS.map((_, f) =>
          position < 0 ? null : (row.values[position * HISTORY_STRIDE + f] ?? null),
        ),
      );
      rows[i] = { ...row, values };
    });
    order = uuids;
  }

  return {
    append({ seq, tMs, gpus }) {
      const uuids = gpus.map(({ uuid }) => uuid);
      if (order.length === 0 && rows.length === 0) {
        order = uuids;
        for (const row of before(uuids)) if (row.tMs < tMs) appendRow(rows, row);
      }
      if (uuids.length !== order.length || uuids.some((uuid, i) => uuid !== order[i])) reorder(uuids);
      appendRow(rows, { fromSeq: seq, seq, tMs, count: 1, values: gpus.flatMap(historyValues) });
    },
    restart(past) {
      rows.length = 0;
      for (const row of past) appendRow(rows, row);
    },
    since(sinceSeq, windowMs) {
      const oldest = (rows.at(-1)?.tMs ?? 0) - windowMs;
      return rows.filter(({ seq, tMs }) => (sinceSeq === 0 || seq > sinceSeq) && tMs >= oldest);
    },
  };
}

/** What history keeps of a GPU; `null`: nothing is known of it. */
export function historyValues(gpu: Gpu | null): (number | null)[] {
  return HISTORY_FIELDS.map(({ name }) => gpu?.[name] ?? null);
}
