import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBlock, encodeBlock } from "../../../../server/history/block-codec.ts";
import {
  CELL,
  type Cells,
  cellsOfSecond,
  createCells,
  FIELD_COUNT,
  mergeCells,
  SCALES,
  STRIDE,
} from "../../../../server/history/cells.ts";
import { BLOCK_BUCKETS } from "../../../../server/history/levels.ts";
import { numRuns } from "../../../helpers/seeds.ts";

const figure = fc.option(fc.nat({ max: 200_000 }), { nil: null });
const second = fc.array(fc.tuple(figure, figure, figure, figure), { minLength: 1, maxLength: 5 });
const merged = (all: readonly Cells[]) => {
  const target = createCells(1);
  for (const cells of all) mergeCells(target, 0, cells, 0);
  return target;
};
const field = (cells: Cells, i: number) => ({
  seconds: cells[i * CELL] ?? 0,
  min: (cells[i * CELL + 1] ?? 0) / (SCALES[i] ?? 1),
  max: (cells[i * CELL + 2] ?? 0) / (SCALES[i] ?? 1),
  sum: (cells[i * CELL + 3] ?? 0) / (SCALES[i] ?? 1),
});

describe("merging", () => {
  test("HIS-4 extremes stay, the mean is that of the known seconds, and null counts for nothing", () => {
    fc.assert(
      fc.property(fc.array(second, { maxLength: 30 }), (seconds) => {
        const all = merged(seconds.map(cellsOfSecond));
        for (let i = 0; i < FIELD_COUNT; i++) {
          const known = seconds.map((samples) => samples.flatMap((values) => values[i] ?? []));
          const figures = known.flat();
          const means = known
            .filter(({ length }) => length > 0)
            .map((list) => list.reduce((a, b) => a + b, 0) / list.length);
          const { seconds: count, min, max, sum } = field(all, i);
          expect(count).toBe(means.length);
          if (count === 0) continue;
          expect(min).toBe(Math.min(...figures));
          expect(max).toBe(Math.max(...figures));
          const mean = means.reduce((a, b) => a + b, 0) / means.length;
          expect(Math.abs(sum / count - mean)).toBeLessThanOrEqual(0.5 / (SCALES[i] ?? 1) + 1e-6);
        }
      }),
    );
  });

  test("HIS-4 in whatever groups and order it is merged, the result is the same to the last bit", () => {
    fc.assert(
      fc.property(
        fc.array(second, { maxLength: 24 }),
        fc.integer({ min: 1, max: 9 }),
        (seconds, groupSize) => {
          const cells = seconds.map(cellsOfSecond);
          const groups = Array.from({ length: Math.ceil(cells.length / groupSize) }, (_, i) =>
            merged(cells.slice(i * groupSize, (i + 1) * groupSize)),
          );
          expect(merged(groups)).toEqual(merged(cells));
          expect(merged([...cells].reverse())).toEqual(merged(cells));
        },
      ),
    );
  });
});

describe("a block as bytes", () => {
  const cell = fc.option(
    fc.tuple(fc.integer({ min: 1, max: 900 }), fc.integer({ min: -500, max: 3_000_000 }), fc.nat(5000)),
    { nil: null },
  );
  const block = fc
    .array(cell, { minLength: BLOCK_BUCKETS * FIELD_COUNT, maxLength: BLOCK_BUCKETS * FIELD_COUNT })
    .map((list) => {
      const cells = createCells(BLOCK_BUCKETS);
      list.forEach((one, i) => {
        if (one === null) return;
        const [seconds, low, range] = one;
        cells.set([seconds, low, low + range, seconds * low + Math.floor((seconds * range) / 2)], i * CELL);
      });
      return cells;
    });

  test("HIS-5 comes back exactly as it was, unknown stretches included", () => {
    fc.assert(
      fc.property(block, (cells) => {
        expect(decodeBlock(encodeBlock(cells))).toEqual(cells);
      }),
      { numRuns: numRuns(60) },
    );
    expect(decodeBlock(encodeBlock(createCells(BLOCK_BUCKETS)))).toEqual(createCells(BLOCK_BUCKETS));
    expect(encodeBlock(createCells(BLOCK_BUCKETS)).length).toBe(1 + (BLOCK_BUCKETS * STRIDE) / CELL);
  });

  test("HIS-5b bytes that are none are refused, never read as figures", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        try {
          expect(decodeBlock(bytes)).toHaveLength(BLOCK_BUCKETS * STRIDE);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
    const whole = encodeBlock(createCells(BLOCK_BUCKETS));
    expect(() => decodeBlock(whole.subarray(0, 100))).toThrow(RangeError);
    expect(() => decodeBlock(Buffer.concat([whole, whole]))).toThrow(RangeError);
    expect(() => decodeBlock(Buffer.from([9]))).toThrow(/version/);
  });
});
