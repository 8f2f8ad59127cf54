import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mergeProfiles } from "../../../server/capacity/profiles.ts";
import { BUILT_IN_PROFILES } from "../../../shared/capacity/built-in-profiles.ts";
import { gpuCapacity, reserveMiB, totalCanStart } from "../../../shared/capacity/concurrency.ts";
import { explainCapacity } from "../../../shared/capacity/explain.ts";
import { capacityWordsEn } from "../../../shared/capacity/words-en.ts";
import { capacityWordsZhCn } from "../../../shared/capacity/words-zh-cn.ts";

const mib = fc.integer({ min: 0, max: 400_000 });
const peak = fc.integer({ min: 1, max: 200_000 });
const capacity = (total: number | null, free: number | null, peakMiB: number) =>
  gpuCapacity({ index: 0, memoryTotalMiB: total, memoryFreeMiB: free }, { peakMiB, basis: "published" });

describe("recommended concurrency", () => {
  test("CAP-1 it is the formula, never negative, and what it recommends fits beside the reserve", () => {
    fc.assert(
      fc.property(mib, mib, peak, (total, free, peakMiB) => {
        const { canStart, reserveMiB: reserve } = capacity(total, free, peakMiB);
        const room = Math.min(free, total) - (reserve ?? 0);
        expect(canStart).toBe(Math.max(0, Math.floor(room / peakMiB)));
        expect(canStart === 0 || (canStart ?? 0) * peakMiB + (reserve ?? 0) <= Math.min(free, total)).toBe(
          true,
        );
      }),
    );
  });

  test("CAP-2 the reserve is the larger of 1024 MiB and 5 %", () => {
    expect([8_192, 20_480, 24_564, 49_140, 143_771].map(reserveMiB)).toEqual([1024, 1024, 1229, 2457, 7189]);
    fc.assert(
      fc.property(
        mib,
        (total) => void expect(reserveMiB(total)).toBeGreaterThanOrEqual(Math.max(1024, total * 0.05)),
      ),
    );
  });

  test("CAP-3 more free VRAM never recommends less, a larger job or reserve never more", () => {
    fc.assert(
      fc.property(mib, mib, mib, peak, peak, (total, free, more, peakMiB, larger) => {
        const base = capacity(total, free, peakMiB).canStart ?? 0;
        expect(capacity(total, free + more, peakMiB).canStart ?? 0).toBeGreaterThanOrEqual(base);
        expect(capacity(total, free, peakMiB + larger).canStart ?? 0).toBeLessThanOrEqual(base);
        const roomier = Math.max(total, free);
        expect(capacity(roomier + more, free, peakMiB).canStart ?? 0).toBeLessThanOrEqual(
          capacity(roomier, free, peakMiB).canStart ?? 0,
        );
      }),
    );
  });

  test("CAP-4 unknown in, unknown out; a total counts the known GPUs only", () => {
    for (const gpu of [capacity(null, 9000, 10), capacity(9000, null, 10), capacity(null, null, 10)]) {
      expect([gpu.canStart, gpu.recommendedMax]).toEqual([null, null]);
      expect(explainCapacity(gpu, capacityWordsEn)).toMatch(/reports no VRAM/);
    }
    expect(totalCanStart([])).toBeNull();
    expect(totalCanStart([{ canStart: null }])).toBeNull();
    expect(totalCanStart([{ canStart: null }, { canStart: 2 }, { canStart: 0 }])).toBe(2);
  });

  test("CAP-5 the explanation's figures are those of the answer, in both languages", () => {
    fc.assert(
      fc.property(mib, peak, (free, peakMiB) => {
        const answer = capacity(400_000, free, peakMiB);
        for (const words of [capacityWordsEn, capacityWordsZhCn]) {
          const numbers =
            explainCapacity(answer, words)
              .replaceAll(",", "")
              .match(/-?\d+(?:\.\d+)?/g)
              ?.map(Number) ?? [];
          expect(numbers).toEqual(
            answer.canStart === 0
              ? [free, 20_000, peakMiB, peakMiB - (free - 20_000)]
              : [free, 20_000, peakMiB, Math.floor(((free - 20_000) * 100) / peakMiB) / 100, answer.canStart],
          );
        }
      }),
    );
  });

  test("CAP-1 the reports' own cards: what fits on an empty 24, 48 and 80 GB GPU", () => {
    const fits = (total: number) =>
      BUILT_IN_PROFILES.map(({ id, peakMiB }) => [id, capacity(total, total - 600, peakMiB).canStart]);
    expect(Object.fromEntries(fits(24_564))).toMatchObject({
      "wan2.1-1.3b-t2v-480p-quant": 1,
      "wan2.1-14b-t2v-480p-quant": 0,
    });
    expect(Object.fromEntries(fits(49_140))).toMatchObject({
      "wan2.1-1.3b-t2v-480p-quant": 3,
      "wan2.2-i2v-a14b": 1,
    });
    expect(Object.fromEntries(fits(81_559))).toMatchObject({
      "wan2.1-14b-t2v-480p-quant": 1,
      "wan2.2-i2v-a14b": 1,
    });
  });

  test("CAP-5 a configured profile takes the place of a built-in one of the same id", () => {
    const [first] = mergeProfiles([{ id: "wan2.2-i2v-a14b", label: "Mine", peakMiB: 44_000 }]);
    expect(first).toMatchObject({ label: "Mine", peakMiB: 44_000, basis: "configured" });
    expect(mergeProfiles([{ id: "wan2.2-i2v-a14b", label: "Mine", peakMiB: 44_000 }])).toHaveLength(
      BUILT_IN_PROFILES.length,
    );
  });
});
