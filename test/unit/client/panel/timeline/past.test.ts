import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pastPoints } from "../../../../../client/panel/timeline/past-points.ts";
import { clockAxis } from "../../../../../client/panel/timeline/time-axis.ts";
import { LIVE_ZOOMS, PAST_ZOOMS } from "../../../../../client/panel/timeline/zooms.ts";

const point = fc.option(
  fc.tuple(fc.nat(90_000), fc.nat(1000), fc.nat(1000)).map(([min, up, more]) => ({
    min,
    mean: min + up,
    max: min + up + more,
  })),
  { nil: null },
);
const columns = (points: readonly ({ min: number; mean: number; max: number } | null)[]) => ({
  min: points.map((one) => one?.min ?? null),
  mean: points.map((one) => one?.mean ?? null),
  max: points.map((one) => one?.max ?? null),
});

describe("the past as points", () => {
  test("PNL-7b HIS-3 as many points as came, extremes as a band in GiB, gaps as gaps", () => {
    fc.assert(
      fc.property(fc.array(point, { maxLength: 40 }), fc.nat(1e9), (known, fromMs) => {
        const series = columns(known);
        const points = pastPoints(
          { memoryUsedMiB: series, utilizationGpuPct: series, temperatureC: series },
          fromMs,
          60_000,
        );
        expect(points).toHaveLength(known.length);
        points.forEach(({ tMs, vramGib, utilizationPct, vramBand }, i) => {
          const one = known[i] ?? null;
          expect(tMs).toBe(fromMs + i * 60_000 + 30_000);
          expect(vramGib).toBe(one === null ? null : one.mean / 1024);
          expect(utilizationPct).toBe(one?.mean ?? null);
          expect(vramBand).toEqual(one === null ? null : [one.min / 1024, one.max / 1024]);
        });
      }),
    );
  });
});

describe("the time axis", () => {
  test("PNL-7c every zoom level has a few ticks at round times within it, in both languages", () => {
    const now = Date.UTC(2026, 10, 21, 13, 37, 11);
    for (const { windowMs } of PAST_ZOOMS) {
      for (const width of [280, 1500]) {
        for (const language of ["en", "zh-CN"]) {
          const { ticks, tick, moment } = clockAxis(now - windowMs, now, width, language);
          expect(ticks.length).toBeGreaterThanOrEqual(1);
          expect(ticks.length).toBeLessThanOrEqual(width === 280 ? 4 : 9);
          for (const tMs of ticks) {
            expect(tMs).toBeGreaterThanOrEqual(now - windowMs);
            expect(tMs).toBeLessThanOrEqual(now);
            expect(tMs % 600_000).toBe(0);
          }
          const labels = ticks.map(tick);
          expect(new Set(labels).size).toBe(labels.length);
          expect(moment(now).length).toBeGreaterThan(tick(now).length);
        }
      }
    }
  });

  test("PNL-7c a live stretch has round times of the same clock, a minute with its seconds", () => {
    const now = Date.UTC(2026, 10, 21, 13, 37, 11);
    for (const { windowMs } of LIVE_ZOOMS) {
      const { ticks, tick } = clockAxis(now - windowMs, now, 800, "en");
      expect(ticks.length).toBeGreaterThanOrEqual(3);
      expect(ticks.length).toBeLessThanOrEqual(9);
      const labels = ticks.map(tick);
      expect(new Set(labels).size).toBe(labels.length);
      for (const label of labels)
        expect(label).toMatch(windowMs < 120_000 ? /^\d\d:\d\d:\d\d$/ : /^\d\d:\d\d$/);
    }
  });
});
