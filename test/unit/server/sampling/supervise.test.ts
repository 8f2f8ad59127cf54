import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  nextAttempt,
  type Pace,
  pauseAfterRowsMs,
  silenceLimitMs,
  slowSeconds,
} from "../../../../server/sampling/supervise.ts";
import { TIMINGS } from "../../../../server/timings.ts";

const interval = fc.integer({ min: 200, max: 60_000 });

describe("supervision", () => {
  test("SMP-6 while a child goes on failing, no wait is shorter than the one before, and none is beyond bounds", () => {
    const delays = [0, 1, 2, 3, 4, 5].map((failed) => nextAttempt(failed, 0, TIMINGS.sampling).delayMs);
    expect(delays).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000]);
    let attempt = 0;
    let before = 0;
    for (let i = 0; i < 100; i++) {
      const next = nextAttempt(attempt, 0, TIMINGS.sampling);
      expect(next.delayMs).toBeGreaterThanOrEqual(before);
      expect(next.delayMs).toBeLessThanOrEqual(15_000);
      ({ attempt } = next);
      before = next.delayMs;
    }
    expect(before).toBe(15_000);
    expect(nextAttempt(attempt, 1, TIMINGS.sampling).delayMs).toBeLessThan(1000);
  });

  const limitMs = (pace: Pick<Pace, "intervalMs" | "gapsMs"> & Partial<Pace>) =>
    silenceLimitMs({ silentLoops: 0, firstMs: null, ...pace }, TIMINGS.patience);

  test("SMP-7b silence is 3 intervals and 2 s while samples keep the pace, and 3 times their own distance where they do not", () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(interval, gaps, (intervalMs, gapsMs) => {
        expect(limitMs({ intervalMs, gapsMs })).toBe(3 * Math.max(intervalMs, ...gapsMs) + 2000);
      }),
    );
    expect(limitMs({ intervalMs: 1000, gapsMs: [6000, 6000] })).toBe(20_000);
    expect(limitMs({ intervalMs: 1000, gapsMs: [900_000] })).toBeLessThan(70_000);
  });

  test("SMP-7c the first sample may take a minute, and twice as long after each loop that never spoke", () => {
    const waits = [0, 1, 2, 3, 9].map((silentLoops) =>
      limitMs({ intervalMs: 1000, gapsMs: [], silentLoops }),
    );
    expect(waits).toEqual([60_000, 120_000, 240_000, 240_000, 240_000]);
    const again = [200, 30_000].map((firstMs) => limitMs({ intervalMs: 1000, gapsMs: [], firstMs }));
    expect(again).toEqual([15_000, 90_000]);
    expect(limitMs({ intervalMs: 1000, gapsMs: [], firstMs: 200, silentLoops: 1 })).toBe(30_000);
  });

  test("SMP-17 samples that all come much later than they were asked for are called slow", () => {
    const seconds = (...gapsMs: number[]) => slowSeconds({ intervalMs: 1000, gapsMs });
    expect(seconds(6100, 6000, 5900, 6200, 6050)).toBe(6);
    expect(seconds(6100, 6000, 1000, 6200, 6050)).toBeNull();
    expect(seconds(6000, 6000)).toBeNull();
    expect(slowSeconds({ intervalMs: 5000, gapsMs: [6000, 6000, 6000, 6000, 6000] })).toBeNull();
  });

  test("SMP-3 a tick is over well before the next one begins", () => {
    fc.assert(
      fc.property(interval, (intervalMs) => {
        expect(pauseAfterRowsMs(intervalMs)).toBeGreaterThan(0);
        expect(pauseAfterRowsMs(intervalMs)).toBeLessThanOrEqual(intervalMs / 2);
      }),
    );
  });
});
