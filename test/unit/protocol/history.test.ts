import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createHistory } from "../../../server/history/history.ts";
import { createDemoGpus, toDemoRow } from "../../../server/sampling/demo/machine.ts";
import { applyTick } from "../../../server/sampling/gpu-list.ts";
import { decodeHistory, encodeHistory } from "../../../shared/history/codec.ts";
import {
  appendRow,
  HISTORY_WINDOW_MS,
  type HistoryRow,
  isGap,
  mergeRows,
} from "../../../shared/history/row.ts";
import { decodeSample, encodeSample } from "../../../shared/protocol/sample-codec.ts";

const figure = fc.option(fc.integer({ min: 0, max: 500_000 }), { nil: null });

/** Rows as time brings them: one sample each, seq and time rising, now and then with samples missing. */
function rowsOf(gpus: number) {
  const step = fc.record({
    skip: fc.integer({ min: 1, max: 3 }),
    afterMs: fc.integer({ min: 100, max: 9000 }),
    values: fc.array(figure, { minLength: gpus * 4, maxLength: gpus * 4 }),
  });
  return fc.array(step, { maxLength: 40 }).map((steps) => {
    let seq = 0;
    let tMs = 0;
    return steps.map(({ skip, afterMs, values }): HistoryRow => {
      seq += skip;
      tMs += afterMs;
      return { fromSeq: seq, seq, tMs, count: 1, values };
    });
  });
}

describe("history on the wire", () => {
  test("HIS-2 rows read back as they were written, null as null", () => {
    fc.assert(
      fc.property(rowsOf(2), (rows) => {
        const wire = JSON.parse(JSON.stringify(encodeHistory(rows, 2)));
        expect(decodeHistory(wire)).toEqual(rows);
      }),
    );
  });

  test("HIS-2 what is not whole rows is refused", () => {
    expect(() => decodeHistory({ columns: 7, data: [1, 2, 3] })).toThrow(RangeError);
    expect(() => decodeHistory({ columns: 2, data: [] })).toThrow(RangeError);
    expect(() => decodeHistory({ columns: 7, data: [null, 0, 0, 1, 1, 1, 1] })).toThrow(RangeError);
  });
});

describe("rows", () => {
  test("HIS-1 a second is one row: VRAM and temperature keep their peak, utilization and power their mean", () => {
    const row = (seq: number, tMs: number, values: (number | null)[]): HistoryRow => ({
      fromSeq: seq,
      seq,
      tMs,
      count: 1,
      values,
    });
    const rows: HistoryRow[] = [];
    appendRow(rows, row(1, 1000, [100, 10, 50, 300]));
    appendRow(rows, row(2, 1250, [900, 20, 40, null]));
    appendRow(rows, row(3, 1500, [200, 60, 45, 100]));
    appendRow(rows, row(4, 2000, [1, 1, 1, 1]));
    expect(rows).toEqual([
      { fromSeq: 1, seq: 3, tMs: 1500, count: 3, values: [900, 30, 50, expect.closeTo(233.3, 0)] },
      row(4, 2000, [1, 1, 1, 1]),
    ]);
    appendRow(rows, row(4, 2000, [7, 7, 7, 7]));
    expect(rows).toHaveLength(2);
    expect(mergeRows(row(1, 0, [null, 1, 1, 1]), row(2, 1, [null, 1, 1, 1])).values[0]).toBeNull();
  });

  test("HIS-1 nothing older than 15 minutes is kept, and merging loses no sample", () => {
    fc.assert(
      fc.property(rowsOf(1), (samples) => {
        const rows: HistoryRow[] = [];
        for (const sample of samples) appendRow(rows, sample);
        const newest = samples.at(-1)?.tMs ?? 0;
        expect(rows.every(({ tMs }) => tMs >= newest - HISTORY_WINDOW_MS)).toBe(true);
        expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(samples.length);
        for (const [i, row] of rows.entries()) expect(row.fromSeq).toBeGreaterThan(rows[i - 1]?.seq ?? 0);
      }),
    );
  });

  test("HIS-3 missing samples and long silence are a gap, the idle rate is none", () => {
    const row = (seq: number, tMs: number): HistoryRow => ({ fromSeq: seq, seq, tMs, count: 1, values: [] });
    expect(isGap(row(1, 0), row(2, 5000), 5000)).toBe(false);
    expect(isGap(row(1, 0), row(3, 2000), 5000)).toBe(true);
    expect(isGap(row(1, 0), row(2, 60_000), 5000)).toBe(true);
  });

  test("HIS-1 a GPU that joins or leaves changes the columns of what is already there", () => {
    const [gpu] = createDemoGpus(1);
    if (gpu === undefined) throw new Error("no demo GPU");
    const list = (...indexes: number[]) =>
      applyTick(
        [],
        indexes.map((index) => toDemoRow({ ...gpu, usedMiB: 1000 + index }, index, 0)),
      );
    const history = createHistory();
    const add = (seq: number, ...indexes: number[]) =>
      history.append({ seq, tMs: seq * 1000, gpus: list(...indexes).map((known) => known.gpu) });
    add(1, 1);
    add(2, 0, 1);
    const rows = history.since(0, HISTORY_WINDOW_MS);
    expect(rows.map(({ values }) => values.length)).toEqual([8, 8]);
    expect(rows[0]?.values.slice(0, 4)).toEqual([null, null, null, null]);
    expect(rows[0]?.values[4]).toBe(rows[1]?.values[4]);
    expect(history.since(1, HISTORY_WINDOW_MS).map(({ seq }) => seq)).toEqual([2]);
    expect(history.since(0, 500).map(({ seq }) => seq)).toEqual([2]);
  });
});

describe("samples on the wire", () => {
  const reading = fc.record({
    memoryUsedMiB: figure,
    memoryFreeMiB: figure,
    utilizationGpuPct: fc.option(fc.integer({ min: 0, max: 100 }), { nil: null }),
    temperatureC: fc.option(fc.integer({ min: 0, max: 120 }), { nil: null }),
    powerDrawW: fc.option(fc.integer({ min: 0, max: 1400 }), { nil: null }),
  });

  test("WIRE-2 a sample reads back as it was sent, and one for another number of GPUs is not taken", () => {
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 8 }), fc.nat(), (readings, seq) => {
        const wire = JSON.parse(JSON.stringify(encodeSample(seq, 1234.6, readings)));
        expect(decodeSample(wire, readings.length)).toEqual({ seq, tMs: 1235, readings });
        expect(decodeSample(wire, readings.length + 1)).toBeNull();
      }),
    );
  });

  test("WIRE-2 a GPU takes at most 25 bytes, all figures unknown included", () => {
    const size = (readings: Parameters<typeof encodeSample>[2]) =>
      JSON.stringify(encodeSample(1, 1, readings)).length;
    const busy = {
      memoryUsedMiB: 134_567,
      memoryFreeMiB: 134_567,
      utilizationGpuPct: 100,
      temperatureC: 87,
      powerDrawW: 699,
    };
    const unknown = {
      memoryUsedMiB: null,
      memoryFreeMiB: null,
      utilizationGpuPct: null,
      temperatureC: null,
      powerDrawW: null,
    };
    for (const one of [busy, unknown])
      expect(size(Array(8).fill(one)) - size([])).toBeLessThanOrEqual(8 * 25);
  });
});
