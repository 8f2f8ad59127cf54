import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BUCKETS, bucketRows, closedBucket } from "../../../../../client/panel/timeline/buckets.ts";
import { type HistoryRow, isGap } from "../../../../../shared/history/row.ts";

const figure = fc.option(fc.nat({ max: 100_000 }), { nil: null });
/** Rows of two GPUs as time brings them, some samples missed. */
const rows = fc
  .array(
    fc.record({
      skip: fc.constantFrom(0, 0, 0, 1, 4),
      afterMs: fc.integer({ min: 1000, max: 20_000 }),
      values: fc.array(figure, { minLength: 8, maxLength: 8 }),
    }),
    { maxLength: 120 },
  )
  .map((steps) => {
    let seq = 0;
    let tMs = 0;
    return steps.map(({ skip, afterMs, values }): HistoryRow => {
      seq += 1 + skip;
      tMs += afterMs;
      return { fromSeq: seq, seq, tMs, count: 1, values };
    });
  });
const windows = fc.constantFrom(5 * 60_000, 15 * 60_000);
const chart = (list: readonly HistoryRow[], position: number, windowMs: number) =>
  bucketRows(list, position, closedBucket(list.at(-1)?.tMs ?? 0, windowMs), windowMs);

describe("the chart's points", () => {
  test("HIS-1 the peak of the window is on the chart, no point is above it, and unknown rows make no figure", () => {
    fc.assert(
      fc.property(rows, windows, fc.constantFrom(0, 1), (list, windowMs, position) => {
        const bucketMs = windowMs / BUCKETS;
        const last = closedBucket(list.at(-1)?.tMs ?? 0, windowMs);
        const shown = list.filter(({ tMs }) => tMs >= (last - BUCKETS) * bucketMs && tMs < last * bucketMs);
        const column = (i: number) => shown.flatMap(({ values }) => values[position * 4 + i] ?? []);
        const points = chart(list, position, windowMs);
        const vram = points.flatMap(({ vramGib }) => vramGib ?? []);
        expect(Math.max(-1, ...vram)).toBe(Math.max(-1, ...column(0).map((mib) => mib / 1024)));
        const util = points.flatMap(({ utilizationPct }) => utilizationPct ?? []);
        expect(util.length === 0).toBe(column(1).length === 0);
        for (const value of util) {
          expect(value).toBeGreaterThanOrEqual(Math.min(...column(1)) - 1e-6);
          expect(value).toBeLessThanOrEqual(Math.max(...column(1)) + 1e-6);
        }
      }),
    );
  });

  test("HIS-3 between the rows before and after a gap the line is broken", () => {
    fc.assert(
      fc.property(rows, windows, (list, windowMs) => {
        const points = chart(list, 0, windowMs);
        const last = closedBucket(list.at(-1)?.tMs ?? 0, windowMs);
        const shown = list.filter(
          ({ tMs }) => tMs >= (last - BUCKETS) * (windowMs / BUCKETS) && tMs < last * (windowMs / BUCKETS),
        );
        const middleOf = (tMs: number) => (closedBucket(tMs, windowMs) + 0.5) * (windowMs / BUCKETS);
        const gaps = shown.flatMap((row, i) => {
          const before = shown[i - 1];
          return before !== undefined && isGap(before, row, 5000)
            ? [{ from: middleOf(before.tMs), to: middleOf(row.tMs) }]
            : [];
        });
        const breaks = points.filter(
          ({ vramGib, utilizationPct }) => vramGib === null && utilizationPct === null,
        );
        expect(breaks.length).toBeGreaterThanOrEqual(gaps.length);
        for (const { from, to } of gaps.filter(({ from, to }) => from < to)) {
          expect(breaks.some(({ tMs }) => tMs >= from && tMs <= to)).toBe(true);
        }
      }),
    );
  });

  test("HIS-3 samples that were asked for once a minute are no gaps", () => {
    const minutes = Array.from(
      { length: 15 },
      (_, i): HistoryRow => ({
        fromSeq: i + 1,
        seq: i + 1,
        tMs: i * 60_000,
        count: 1,
        values: [i, i, i, i],
      }),
    );
    const last = closedBucket(15 * 60_000, 15 * 60_000);
    const points = bucketRows(minutes, 0, last, 15 * 60_000, 60_000);
    expect(points.map(({ vramGib }) => vramGib)).toEqual(minutes.map((_, i) => i / 1024));
  });

  test("HIS-3 time never runs backwards along the points, gaps within one bucket included", () => {
    fc.assert(
      fc.property(rows, windows, (list, windowMs) => {
        const times = chart(list, 0, windowMs).map(({ tMs }) => tMs);
        expect(times).toEqual([...times].sort((a, b) => a - b));
      }),
    );
  });

  test("HIS-1 a chart is redrawn only when a bucket closes: what comes in an open one changes no point", () => {
    fc.assert(
      fc.property(rows, windows, (list, windowMs) => {
        const last = closedBucket(list.at(-1)?.tMs ?? 0, windowMs);
        const closed = list.filter(({ tMs }) => closedBucket(tMs, windowMs) < last);
        expect(bucketRows(list, 0, last, windowMs)).toEqual(bucketRows(closed, 0, last, windowMs));
      }),
    );
  });
});
