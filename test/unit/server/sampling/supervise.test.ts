import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextAttempt, pauseAfterRowsMs, silenceLimitMs } from "../../../../server/sampling/supervise.ts";
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

  test("SMP-7 once samples come, silence is 3 intervals and 2 s; before the first it may take longer", () => {
    fc.assert(
      fc.property(interval, fc.integer({ min: 1, max: 1_000_000 }), (intervalMs, ticks) => {
        expect(silenceLimitMs(intervalMs, ticks, TIMINGS.patience)).toBe(3 * intervalMs + 2000);
        expect(silenceLimitMs(intervalMs, 0, TIMINGS.patience)).toBeGreaterThan(
          silenceLimitMs(intervalMs, ticks, TIMINGS.patience),
        );
      }),
    );
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
