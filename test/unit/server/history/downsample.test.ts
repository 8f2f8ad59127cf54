import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gridOf } from "../../../../server/history/downsample.ts";
import { LEVELS } from "../../../../server/history/levels.ts";
import { MOST_POINTS } from "../../../../shared/history/series.ts";

const NOW = Date.UTC(2026, 10, 21, 12, 34, 56, 789);
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

describe("the grid of an answer", () => {
  test("HIS-6 never more points than asked for, and they cover the whole window", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 * DAY }),
        fc.integer({ min: 1, max: 40 * DAY }),
        fc.integer({ min: 2, max: MOST_POINTS }),
        (agoMs, lengthMs, points) => {
          const toMs = NOW - agoMs;
          const window = { fromMs: toMs - lengthMs, toMs, points };
          const { level, fromMs, pointMs, count } = gridOf(window, NOW);
          expect(count).toBeGreaterThanOrEqual(1);
          expect(count).toBeLessThanOrEqual(points);
          expect(fromMs).toBeLessThanOrEqual(window.fromMs);
          expect(fromMs + count * pointMs).toBeGreaterThanOrEqual(toMs);
          expect(fromMs % pointMs).toBe(0);
          expect(pointMs % level.bucketMs).toBe(0);
        },
      ),
    );
  });

  test.each([
    { ago: "1 min", spanMs: MINUTE, bucketMs: 1000 },
    { ago: "15 min", spanMs: 15 * MINUTE, bucketMs: 1000 },
    { ago: "6 h", spanMs: 360 * MINUTE, bucketMs: 60_000 },
    { ago: "24 h", spanMs: DAY, bucketMs: 60_000 },
    { ago: "7 d", spanMs: 7 * DAY, bucketMs: 15 * MINUTE },
    { ago: "30 d", spanMs: 30 * DAY, bucketMs: 15 * MINUTE },
  ])("HIS-6 the last $ago come from buckets of $bucketMs ms", ({ spanMs, bucketMs }) => {
    const { level } = gridOf({ fromMs: NOW - spanMs, toMs: NOW, points: 300 }, NOW);
    expect(level.bucketMs).toBe(bucketMs);
  });

  test("HIS-6 a short window long ago is answered as finely as it is still known", () => {
    const hour = (ago: number) =>
      gridOf({ fromMs: NOW - ago, toMs: NOW - ago + 5 * MINUTE, points: 300 }, NOW);
    expect(hour(2 * 60 * MINUTE)).toMatchObject({ pointMs: 10_000 });
    expect(hour(3 * DAY)).toMatchObject({ pointMs: MINUTE });
    expect(hour(400 * DAY).level).toBe(LEVELS[2]);
  });
});
