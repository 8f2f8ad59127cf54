import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { Sample } from "../../shared/gpu/sample.ts";
import { appendRow, HISTORY_FIELDS, HISTORY_STRIDE, type HistoryRow } from "../../shared/history/row.ts";

/** The last 15 minutes, in memory. */
export interface History {
  append(sample: Sample): void;
  /** Rows with samples after `sinceSeq` and not older than `windowMs` before the newest, for the GPUs of now. */
  since(sinceSeq: number, windowMs: number): HistoryRow[];
}

/** Keeps rows for the GPUs of the newest sample; when a GPU joins, older rows get unknown figures for it. */
export function createHistory(): History {
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
      if (uuids.length !== order.length || uuids.some((uuid, i) => uuid !== order[i])) reorder(uuids);
      appendRow(rows, { fromSeq: seq, seq, tMs, count: 1, values: gpus.flatMap(historyValues) });
    },
    since(sinceSeq, windowMs) {
      const oldest = (rows.at(-1)?.tMs ?? 0) - windowMs;
      return rows.filter(({ seq, tMs }) => seq > sinceSeq && tMs >= oldest);
    },
  };
}

function historyValues(gpu: Gpu): (number | null)[] {
  return HISTORY_FIELDS.map(({ name }) => gpu[name]);
}
