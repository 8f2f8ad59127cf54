import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeHistory, encodeHistory } from "../../../../shared/history/codec.ts";
import {
  appendRow,
  HISTORY_SLOT_MS,
  HISTORY_WINDOW_MS,
  type HistoryRow,
  isGap,
  mergeRows,
} from "../../../../shared/history/row.ts";
import { numRuns } from "../../../helpers/seeds.ts";

const row = (seq: number, tMs: number, values: (number | null)[]): HistoryRow => ({
  fromSeq: seq,
  seq,
  tMs,
  count: 1,
  values,
});
const figure = fc.integer({ min: 0, max: 100_000 });
const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
const known = (list: readonly (number | null)[]) => list.flatMap((value) => (value === null ? [] : [value]));
function appendAll(rows: readonly HistoryRow[]): HistoryRow[] {
  const list: HistoryRow[] = [];
  for (const one of rows) appendRow(list, one);
  return list;
}

/** Rows as time brings them: one sample each, seq and time rising, now and then with samples missing. */
function rowsOf(gpus: number) {
  const step = fc.record({
    skip: fc.integer({ min: 1, max: 3 }),
    afterMs: fc.integer({ min: 100, max: 9000 }),
    values: fc.array(fc.option(fc.integer({ min: 0, max: 500_000 }), { nil: null }), {
      minLength: gpus * 4,
      maxLength: gpus * 4,
    }),
  });
  return fc.array(step, { maxLength: 40 }).map((steps) => {
    let seq = 0;
    let tMs = 0;
    return steps.map(({ skip, afterMs, values }) => {
      seq += skip;
      tMs += afterMs;
      return row(seq, tMs, values);
    });
  });
}

describe("rows", () => {
  test("HIS-1 a second is one row: VRAM and temperature keep their peak, utilization and power their mean", () => {
    const rows = appendAll([
      row(1, 1000, [100, 10, 50, 300]),
      row(2, 1250, [900, 20, 40, null]),
      row(3, 1500, [200, 60, 45, 100]),
      row(4, 2000, [1, 1, 1, 1]),
    ]);
    expect(rows).toEqual([
      { fromSeq: 1, seq: 3, tMs: 1500, count: 3, values: [900, 30, 50, expect.closeTo(233.3, 0)] },
      row(4, 2000, [1, 1, 1, 1]),
    ]);
    // One that is known already changes nothing.
    appendRow(rows, row(4, 2000, [7, 7, 7, 7]));
    expect(rows).toHaveLength(2);
    expect(rows[1]).toEqual(row(4, 2000, [1, 1, 1, 1]));
    expect(mergeRows(row(1, 0, [null, 1, 1, 1]), row(2, 1, [null, 1, 1, 1])).values[0]).toBeNull();
  });

  test("HIS-1b nothing older than 15 minutes is kept, and merging loses no sample", () => {
    fc.assert(
      fc.property(rowsOf(1), (samples) => {
        const rows = appendAll(samples);
        const newest = samples.at(-1)?.tMs ?? 0;
        expect(rows.every(({ tMs }) => tMs >= newest - HISTORY_WINDOW_MS)).toBe(true);
        expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(samples.length);
        for (const [i, one] of rows.entries()) expect(one.fromSeq).toBeGreaterThan(rows[i - 1]?.seq ?? 0);
      }),
    );
  });

  test("HIS-3 missing samples and long silence are a gap, the idle rate is none", () => {
    expect(isGap(row(1, 0, []), row(2, 5000, []), 5000)).toBe(false);
    expect(isGap(row(1, 0, []), row(3, 2000, []), 5000)).toBe(true);
    expect(isGap(row(1, 0, []), row(2, 60_000, []), 5000)).toBe(true);
  });

  const cells = (cell: fc.Arbitrary<number | null>) =>
    fc.array(fc.tuple(cell, cell, cell, cell), { minLength: 1, maxLength: 5 });
  /** The samples of one second, merged. */
  const merged = (samples: readonly (readonly (number | null)[])[]) =>
    appendAll(samples.map((values, i) => row(i + 1, 1000 + i * 200, [...values])))[0];

  test("HIS-1 a second of samples keeps peak, mean, peak, mean, exactly", () => {
    fc.assert(
      fc.property(cells(figure), (samples) => {
        const one = merged(samples);
        const column = (i: number) => known(samples.map((sample) => sample[i] ?? null));
        expect([one?.values[0], one?.values[2]]).toEqual([Math.max(...column(0)), Math.max(...column(2))]);
        expect(one?.values[1]).toBeCloseTo(mean(column(1)), 6);
        expect(one?.values[3]).toBeCloseTo(mean(column(3)), 6);
        expect([one?.fromSeq, one?.seq, one?.count]).toEqual([1, samples.length, samples.length]);
      }),
    );
  });

  test("HIS-1 SMP-1 unknown samples hide no known one and are no 0", () => {
    fc.assert(
      fc.property(cells(fc.option(figure, { nil: null })), (samples) => {
        const one = merged(samples);
        for (let i = 0; i < 4; i++) {
          const column = known(samples.map((sample) => sample[i] ?? null));
          const value = one?.values[i] ?? null;
          if (column.length === 0) expect(value).toBeNull();
          else if (i % 2 === 0) expect(value).toBe(Math.max(...column));
          else {
            expect(value).toBeGreaterThanOrEqual(Math.min(...column) - 1e-6);
            expect(value).toBeLessThanOrEqual(Math.max(...column) + 1e-6);
          }
        }
      }),
    );
  });

  test("HIS-1b at any rate there is one row a second at most, over 15 minutes at most", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 60_000 }),
        fc.integer({ min: 1, max: 3000 }),
        (everyMs, count) => {
          const rows = appendAll(
            Array.from({ length: count }, (_, i) => row(i + 1, i * everyMs, [1, 1, 1, 1])),
          );
          const slots = rows.map(({ tMs }) => Math.floor(tMs / HISTORY_SLOT_MS));
          expect(new Set(slots).size).toBe(slots.length);
          expect((rows.at(-1)?.tMs ?? 0) - (rows[0]?.tMs ?? 0)).toBeLessThanOrEqual(HISTORY_WINDOW_MS);
          expect(rows.at(-1)?.seq).toBe(count);
        },
      ),
      { numRuns: numRuns(30) },
    );
  });

  test("HIS-1 WIRE-1 a row that comes again with more samples in it takes the place of what is known of it", () => {
    const samples = [10, 20, 90].map((util, i) => row(i + 1, 1000 + i * 200, [1000, util, 50, 100]));
    const sidecar = appendAll(samples);
    // The panel had two of the three when it lost the connection; after it, the row is sent as it stands.
    const panel = appendAll([...samples.slice(0, 2), ...sidecar]);
    expect(panel).toEqual(sidecar);
  });

  test("HIS-3 samples that were missed stay visible as missed: they are merged over in no row", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 2, maxLength: 40 }),
        (seqs) => {
          const sorted = seqs.sort((a, b) => a - b);
          const rows = appendAll(sorted.map((seq) => row(seq, seq * 250, [1, 1, 1, 1])));
          expect(rows.every(({ fromSeq, seq, count }) => seq - fromSeq + 1 === count)).toBe(true);
          const holes = sorted.filter((seq, i) => i > 0 && seq !== (sorted[i - 1] ?? 0) + 1).length;
          const gaps = rows.filter((one, i) => {
            const before = rows[i - 1];
            return before !== undefined && isGap(before, one, 5000);
          });
          expect(gaps).toHaveLength(holes);
        },
      ),
    );
  });
});

describe("the wire", () => {
  const value = fc.option(fc.double({ min: 0, max: 500_000, noNaN: true }), { nil: null });
  const rows = fc.array(
    fc.record({
      span: fc.nat({ max: 4 }),
      skip: fc.nat({ max: 2 }),
      afterMs: fc.integer({ min: 0, max: 9000 }),
      values: fc.array(value, { minLength: 8, maxLength: 8 }),
    }),
    { maxLength: 30 },
  );

  test("HIS-2 rows of whole figures read back as they were written, null as null", () => {
    fc.assert(
      fc.property(rowsOf(2), (list) => {
        expect(decodeHistory(JSON.parse(JSON.stringify(encodeHistory(list, 2))))).toEqual(list);
      }),
    );
  });

  test("HIS-2 what is not whole rows is refused", () => {
    expect(() => decodeHistory({ columns: 7, data: [1, 2, 3] })).toThrow(RangeError);
    expect(() => decodeHistory({ columns: 2, data: [] })).toThrow(RangeError);
    expect(() => decodeHistory({ columns: 7, data: [null, 0, 0, 1, 1, 1, 1] })).toThrow(RangeError);
  });

  test("HIS-2 means are rounded each for itself: no error grows along the rows, null stays null", () => {
    fc.assert(
      fc.property(rows, (steps) => {
        let seq = 0;
        let tMs = 0;
        const list = steps.map(({ span, skip, afterMs, values }): HistoryRow => {
          const fromSeq = seq + 1 + skip;
          seq = fromSeq + span;
          tMs += afterMs;
          return { fromSeq, seq, tMs, count: span + 1, values };
        });
        const back = decodeHistory(JSON.parse(JSON.stringify(encodeHistory(list, 2))));
        expect(back.map(({ fromSeq, seq: to, tMs: at, count }) => [fromSeq, to, at, count])).toEqual(
          list.map(({ fromSeq, seq: to, tMs: at, count }) => [fromSeq, to, at, count]),
        );
        for (const [i, one] of list.entries()) {
          for (const [j, was] of one.values.entries()) {
            const is = back[i]?.values[j] ?? null;
            if (was === null) expect(is).toBeNull();
            else expect(Math.abs((is ?? Number.NaN) - was)).toBeLessThanOrEqual(0.5);
          }
        }
      }),
    );
  });

  test("HIS-2 an hour-long idle machine costs next to nothing: an unchanged figure is two characters", () => {
    const size = (count: number) =>
      JSON.stringify(
        encodeHistory(
          Array.from({ length: count }, (_, i) => row(i + 1, i * 1000, [24_000, 0, 41, 22])),
          1,
        ),
      ).length;
    expect(size(900) - size(899)).toBeLessThanOrEqual("1,0,1000,0,0,0,0,".length);
  });
});
