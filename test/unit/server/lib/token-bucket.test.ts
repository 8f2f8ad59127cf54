import fc from "fast-check";
import { expect, test } from "vitest";
import { type Bucket, refill, take, waitMs } from "../../../../server/lib/token-bucket.ts";
import { numRuns } from "../../../helpers/seeds.ts";

const rate = fc.record({
  burst: fc.integer({ min: 1, max: 100 }),
  perSecond: fc.double({ min: 0.05, max: 50, noNaN: true }),
});
const steps = fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 200 });

test("SEC-4 in any stretch of time no more is taken than the burst and what has come in meanwhile", () => {
  fc.assert(
    fc.property(rate, steps, (limits, waits) => {
      let bucket: Bucket | undefined;
      let nowMs = 0;
      const takenAt: number[] = [];
      for (const wait of waits) {
        nowMs += wait;
        const taken = take(bucket, limits, nowMs);
        if (taken === null) continue;
        bucket = taken;
        takenAt.push(nowMs);
      }
      for (const [i, from] of takenAt.entries()) {
        for (const [j, to] of takenAt.entries()) {
          if (j < i) continue;
          const most = limits.burst + ((to - from) * limits.perSecond) / 1000;
          expect(j - i + 1).toBeLessThanOrEqual(most + 1e-6);
        }
      }
    }),
    { numRuns: numRuns(50) },
  );
});

test("SEC-4b the time to wait is true: before it nothing is to be had, after it one is", () => {
  fc.assert(
    fc.property(rate, fc.integer({ min: 0, max: 1e6 }), (limits, startMs) => {
      let bucket: Bucket | undefined;
      for (let i = 0; i < limits.burst; i++) {
        expect(waitMs(bucket, limits, startMs)).toBe(0);
        bucket = take(bucket, limits, startMs) ?? bucket;
      }
      const wait = waitMs(bucket, limits, startMs);
      expect(wait).toBeGreaterThan(0);
      expect(take(bucket, limits, startMs)).toBeNull();
      expect(take(bucket, limits, startMs + wait - 2)).toBeNull();
      expect(take(bucket, limits, startMs + wait)).not.toBeNull();
    }),
  );
});

test("SEC-4 a clock that goes back gives nothing away, and a long rest no more than the burst", () => {
  const limits = { burst: 5, perSecond: 2 };
  expect(refill({ left: 1, atMs: 1000 }, limits, 0)).toEqual({ left: 1, atMs: 1000 });
  expect(refill({ left: 1, atMs: 1000 }, limits, 1e12).left).toBe(5);
});
