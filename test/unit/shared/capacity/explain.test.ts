import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gpuCapacity, reserveMiB, totalCanStart } from "../../../../shared/capacity/concurrency.ts";
import { explainCapacity } from "../../../../shared/capacity/explain.ts";
import { capacityWordsEn } from "../../../../shared/capacity/words-en.ts";
import { capacityWordsZhCn } from "../../../../shared/capacity/words-zh-cn.ts";

/** A GPU that a driver could report: no more free than there is. */
const room = fc.nat({ max: 300_000 }).chain((total) => fc.tuple(fc.constant(total), fc.nat({ max: total })));
const peak = fc.integer({ min: 1, max: 200_000 });
const capacityOf = (total: number | null, free: number | null, peakMiB: number) =>
  gpuCapacity({ index: 0, memoryTotalMiB: total, memoryFreeMiB: free }, { peakMiB, basis: "configured" });

describe("capacity", () => {
  test("CAP-1 as many as fit and not one more, never below none", () => {
    fc.assert(
      fc.property(room, peak, ([total, free], peakMiB) => {
        const { canStart, reserveMiB: reserve } = capacityOf(total, free, peakMiB);
        if (canStart === null || reserve === null) throw new Error("all figures are known");
        expect(canStart).toBeGreaterThanOrEqual(0);
        if (canStart > 0) expect(canStart * peakMiB + reserve).toBeLessThanOrEqual(free);
        expect((canStart + 1) * peakMiB + reserve).toBeGreaterThan(free);
      }),
    );
  });

  test("CAP-2 the reserve is the larger of the two, in whole MiB, less than one above the share", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2_000_000 }), (total) => {
        const reserve = reserveMiB(total);
        expect(Number.isInteger(reserve)).toBe(true);
        expect(reserve).toBeGreaterThanOrEqual(1024);
        expect(reserve * 20).toBeGreaterThanOrEqual(total);
        if (reserve > 1024) expect((reserve - 1) * 20).toBeLessThan(total);
      }),
    );
  });

  test("CAP-3 more free never fewer; a larger job, and a larger reserve beside the same free, never more", () => {
    fc.assert(
      fc.property(room, fc.nat({ max: 100_000 }), peak, peak, ([total, free], more, peakMiB, larger) => {
        const jobs = (all: number, left: number, each: number) =>
          capacityOf(all, left, each).canStart ?? Number.NaN;
        const base = jobs(total, free, peakMiB);
        expect(jobs(total, Math.min(total, free + more), peakMiB)).toBeGreaterThanOrEqual(base);
        expect(jobs(total, free, peakMiB + larger)).toBeLessThanOrEqual(base);
        // The reserve grows with the total.
        expect(jobs(total + more, free, peakMiB)).toBeLessThanOrEqual(base);
      }),
    );
  });

  test("CAP-4 one unknown figure makes every figure that rests on it unknown, in the sum too", () => {
    fc.assert(
      fc.property(room, peak, fc.constantFrom("total", "free"), ([total, free], peakMiB, hidden) => {
        const gpu = capacityOf(hidden === "total" ? null : total, hidden === "free" ? null : free, peakMiB);
        expect([gpu.canStart, gpu.recommendedMax]).toEqual([null, null]);
        expect(totalCanStart([gpu, gpu])).toBeNull();
        expect(explainCapacity(gpu, capacityWordsEn)).not.toMatch(/\d/);
      }),
    );
  });

  test.each([
    ["English", capacityWordsEn],
    ["Chinese", capacityWordsZhCn],
  ])("CAP-5 the ratio that is shown in %s, rounded down, is the number beside it", (_, words) => {
    // Ratios just below a whole number are where rounding gives the lie.
    const total = 300_000;
    const peakMiB = fc.integer({ min: 1000, max: 28_000 });
    const close = fc
      .record({ peakMiB, jobs: fc.integer({ min: 2, max: 10 }), less: fc.nat({ max: 12 }) })
      .map(({ jobs, less, ...job }) => ({ ...job, free: job.peakMiB * jobs - less + reserveMiB(total) }));
    const any = fc.record({ peakMiB: peak, free: fc.nat({ max: total }) });
    fc.assert(
      fc.property(fc.oneof(close, any), (job) => {
        const gpu = capacityOf(total, job.free, job.peakMiB);
        fc.pre(gpu.canStart !== 0);
        const ratio = /= ([\d.]+)/.exec(explainCapacity(gpu, words))?.[1];
        expect(Math.floor(Number(ratio))).toBe(gpu.canStart);
      }),
    );
  });

  test("CAP-5 where none fits, what is missing makes one fit", () => {
    fc.assert(
      fc.property(room, peak, ([total, free], peakMiB) => {
        const gpu = capacityOf(total, free, peakMiB);
        fc.pre(gpu.canStart === 0);
        const missing = Number(
          /: ([\d,]+) MiB are missing/.exec(explainCapacity(gpu, capacityWordsEn))?.[1]?.replaceAll(",", ""),
        );
        const reserve = gpu.reserveMiB ?? 0;
        expect(Math.floor((free + missing - reserve) / peakMiB)).toBe(1);
        expect(Math.floor((free + missing - 1 - reserve) / peakMiB)).toBe(0);
      }),
    );
  });
});
