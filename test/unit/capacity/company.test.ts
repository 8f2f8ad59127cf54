import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  DEFAULT_RESERVE,
  type GpuCompany,
  gpuCapacity,
  hasUnifiedMemory,
  reserveFor,
  totalCanStart,
  unifiedRoom,
} from "../../../shared/capacity/concurrency.ts";
import { explainCapacity, explainFurther } from "../../../shared/capacity/explain.ts";
import { predictForSize, tokensOf } from "../../../shared/capacity/predict.ts";
import { reservationOf } from "../../../shared/capacity/reservation.ts";
import { usefulness } from "../../../shared/capacity/useful.ts";
import { capacityWordsEn } from "../../../shared/capacity/words-en.ts";
import { capacityWordsZhCn } from "../../../shared/capacity/words-zh-cn.ts";

const mib = fc.nat({ max: 200_000 });
const company: fc.Arbitrary<GpuCompany> = fc.record({
  promisedMiB: fc.option(fc.float({ min: 0, max: 100_000, noNaN: true }), { nil: null }),
  running: fc.option(fc.nat({ max: 4 }), { nil: null }),
  uncertaintyMiB: fc.nat({ max: 20_000 }),
  reclaimableMiB: fc.option(mib, { nil: null }),
  display: fc.boolean(),
  reserve: fc.record({
    floorMiB: fc.nat({ max: 8000 }),
    share: fc.float({ min: 0, max: Math.fround(0.5), noNaN: true }),
    displayExtraMiB: fc.nat({ max: 4000 }),
  }),
});
const gpu = mib.chain((total) => fc.tuple(fc.constant(total), fc.nat({ max: total })));
const peak = fc.integer({ min: 1, max: 100_000 });
const capacityOf = (total: number | null, free: number | null, peakMiB: number, more: GpuCompany) =>
  gpuCapacity({ index: 0, memoryTotalMiB: total, memoryFreeMiB: free }, { peakMiB, basis: "measured" }, more);

describe("capacity in company", () => {
  test("CAP-7 never negative, and with what is promised and the reserve never more than is free", () => {
    fc.assert(
      fc.property(gpu, peak, company, ([total, free], peakMiB, more) => {
        const { canStart, reserveMiB, promisedMiB, recommendedMax, running } = capacityOf(
          total,
          free,
          peakMiB,
          more,
        );
        const [n, reserve] = [canStart ?? Number.NaN, reserveMiB ?? Number.NaN];
        expect(n).toBeGreaterThanOrEqual(0);
        if (n > 0) expect(n * peakMiB + reserve + (promisedMiB ?? 0)).toBeLessThanOrEqual(free);
        expect((n + 1) * peakMiB + reserve + (promisedMiB ?? 0)).toBeGreaterThan(free);
        expect(recommendedMax).toBe(n + (running ?? 0));
      }),
    );
  });

  test("CAP-3 more free never fewer; more promised, a larger reserve, more doubt never more", () => {
    fc.assert(
      fc.property(gpu, peak, company, fc.nat({ max: 50_000 }), ([total, free], peakMiB, more, d) => {
        const jobs = (left: number, change: GpuCompany) =>
          capacityOf(total, left, peakMiB, { ...more, ...change }).canStart ?? Number.NaN;
        const base = jobs(free, {});
        const reserve = more.reserve ?? DEFAULT_RESERVE;
        expect(jobs(Math.min(total, free + d), {})).toBeGreaterThanOrEqual(base);
        expect(jobs(free, { promisedMiB: (more.promisedMiB ?? 0) + d })).toBeLessThanOrEqual(base);
        expect(jobs(free, { uncertaintyMiB: (more.uncertaintyMiB ?? 0) + d })).toBeLessThanOrEqual(base);
        expect(jobs(free, { reserve: { ...reserve, floorMiB: reserve.floorMiB + d } })).toBeLessThanOrEqual(
          base,
        );
        expect(jobs(free, { display: true })).toBeLessThanOrEqual(jobs(free, { display: false }));
      }),
    );
  });

  test("CAP-8 CAP-20 no more is recommended than admission would reserve for, one after the other", () => {
    fc.assert(
      fc.property(gpu, fc.integer({ min: 1_000, max: 60_000 }), company, ([total, free], peakMiB, more) => {
        const { canStart, promisedMiB } = capacityOf(total, free, peakMiB, { ...more, running: 1 });
        const reserve = reserveFor(total, more.reserve ?? DEFAULT_RESERVE, more.display ?? false);
        const each = reservationOf({ peakMiB, uncertaintyMiB: more.uncertaintyMiB ?? 0 });
        let left = free - (promisedMiB ?? 0) - reserve;
        let admitted = 0;
        for (; left >= each; left -= each) admitted++;
        expect(canStart).toBe(admitted);
      }),
    );
  });

  test("CAP-8 doubt widens the reserve, but a job that fits alone may start where none runs", () => {
    const alone = capacityOf(49_140, 48_600, 41_200, { running: 0, uncertaintyMiB: 8_000 });
    expect(alone.canStart).toBe(1);
    expect(explainCapacity(alone, capacityWordsEn)).toContain("= 1.00, rounded down: 1");
    expect(capacityOf(49_140, 48_600, 41_200, { running: 1, uncertaintyMiB: 8_000 }).canStart).toBe(0);
    expect(reserveFor(24_564, { floorMiB: 500, share: 0.1, displayExtraMiB: 700 }, true)).toBe(2457 + 700);
  });

  test("CAP-9 jobs on k GPUs: as many as can really be placed", () => {
    expect(totalCanStart([{ canStart: 3 }, { canStart: 0 }], 2)).toBe(0);
    expect(totalCanStart([{ canStart: 1 }, { canStart: 1 }, { canStart: null }], 2)).toBe(1);
    expect(totalCanStart([{ canStart: null }], 2)).toBeNull();
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 5 }),
        (rooms, k) => {
          const left = [...rooms];
          let placed = 0;
          // Always taking the k GPUs with most room places as many as any other way.
          for (;;) {
            left.sort((a, b) => b - a);
            if ((left[k - 1] ?? 0) === 0) break;
            for (let i = 0; i < k; i++) left[i] = (left[i] ?? 0) - 1;
            placed++;
          }
          expect(
            totalCanStart(
              rooms.map((canStart) => ({ canStart })),
              k,
            ),
          ).toBe(placed);
        },
      ),
    );
  });

  test("CAP-10 with the weights loaded only the rest counts, and where they are unknown the whole peak", () => {
    const room = { index: 0, memoryTotalMiB: 49_140, memoryFreeMiB: 20_000 };
    const job = { peakMiB: 38_500, weightsMiB: 30_000, basis: "measured" } as const;
    expect(gpuCapacity(room, job)).toMatchObject({ canStart: 0, perJobMiB: 38_500, weightsLoaded: false });
    expect(gpuCapacity(room, job, { weightsLoaded: true })).toMatchObject({
      canStart: 2,
      perJobMiB: 8_500,
      weightsLoaded: true,
    });
    expect(gpuCapacity(room, { ...job, weightsMiB: null }, { weightsLoaded: true }).canStart).toBe(0);
    // Weights of as much as the peak are another job's: a peak that was learned since, or a slip in the config file.
    const slip = { ...job, peakMiB: 20_500, weightsMiB: 30_000 };
    expect(gpuCapacity(room, slip, { weightsLoaded: true })).toMatchObject({
      canStart: 0,
      perJobMiB: 20_500,
      weightsLoaded: false,
    });
  });

  test("CAP-11 what a release would bring changes no figure, and is told", () => {
    fc.assert(
      fc.property(gpu, peak, company, ([total, free], peakMiB, more) => {
        const without = capacityOf(total, free, peakMiB, { ...more, reclaimableMiB: null });
        const beside = capacityOf(total, free, peakMiB, { ...more, reclaimableMiB: 12_345 });
        expect({ ...beside, reclaimableMiB: null }).toEqual(without);
        for (const words of [capacityWordsEn, capacityWordsZhCn])
          expect(explainFurther(beside, words).join()).toContain("12,345");
      }),
    );
  });

  test("CAP-12 N/A memory stays unknown unless the GPU shares the host's", () => {
    expect(capacityOf(null, 5, 1, { promisedMiB: 7, running: 1, uncertaintyMiB: 3 })).toMatchObject({
      canStart: null,
      recommendedMax: null,
      reserveMiB: null,
    });
    expect(hasUnifiedMemory({ name: "NVIDIA GB10", memoryTotalMiB: null })).toBe(true);
    expect(hasUnifiedMemory({ name: "NVIDIA GeForce RTX 4090", memoryTotalMiB: null })).toBe(false);
    const room = unifiedRoom(0, { memoryTotalMiB: 122_000, memoryAvailableMiB: 60_000 });
    expect(gpuCapacity(room, { peakMiB: 12_200, basis: "published" }).canStart).toBe(4);
    const unknown = unifiedRoom(0, { memoryTotalMiB: 122_000, memoryAvailableMiB: null });
    expect(gpuCapacity(unknown, { peakMiB: 12_200, basis: "published" }).canStart).toBeNull();
  });

  test("CAP-5 the fuller explanation's figures are those of the answer, in both languages", () => {
    fc.assert(
      fc.property(gpu, peak, company, ([total, free], peakMiB, more) => {
        const answer = capacityOf(total, free, peakMiB, more);
        for (const words of [capacityWordsEn, capacityWordsZhCn]) {
          const numbers =
            explainCapacity(answer, words)
              .replaceAll(",", "")
              .match(/-?\d+(?:\.\d+)?/g)
              ?.map(Number) ?? [];
          const promised = answer.promisedMiB ?? 0;
          const room = free - promised - (answer.reserveMiB ?? 0);
          expect(numbers).toEqual([
            free,
            ...(promised === 0 ? [] : [promised]),
            answer.reserveMiB,
            peakMiB,
            ...(answer.canStart === 0
              ? [peakMiB - room]
              : [Math.floor((room * 100) / peakMiB) / 100, answer.canStart]),
          ]);
        }
      }),
    );
  });
});

describe("sizes that were not seen", () => {
  const at480 = { width: 832, height: 480, frames: 81 };
  const at720 = { width: 1280, height: 720, frames: 81 };
  const seen = (size: typeof at480, peakMiB: number) => ({ ...size, peakMiB, uncertaintyMiB: 100 });

  test("CAP-16 tokens are those of the facts, and the line goes through what was seen", () => {
    expect([tokensOf(at480), tokensOf(at720)]).toEqual([32_760, 75_600]);
    expect(predictForSize([], at480)).toBeNull();
    expect(predictForSize([seen(at480, 12_200)], at480)).toMatchObject({ peakMiB: 12_200, how: "seen" });
    const half = { ...at480, frames: 41 };
    const known = [seen(at480, 12_200), seen(at720, 14_800)];
    expect(predictForSize(known, { width: 1024, height: 576, frames: 81 })).toMatchObject({
      how: "interpolated",
    });
    expect(predictForSize(known, half)?.peakMiB).toBe(11_253);
    // Weights known: only the activation is scaled.
    expect(predictForSize([seen(at480, 12_200)], at720, 10_000)?.peakMiB).toBe(
      Math.round(10_000 + (2_200 * 75_600) / 32_760),
    );
  });

  test("CAP-16 more tokens never need less, and what lies farther off is less certain", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1000, max: 80_000 })), {
          minLength: 1,
          maxLength: 5,
        }),
        fc.integer({ min: 41, max: 60 }),
        fc.integer({ min: 0, max: 60 }),
        (sizes, n, further) => {
          const size = (latent: number) => ({ ...at480, frames: 4 * latent + 1 });
          const points = sizes.map(([latent, peakMiB]) => seen(size(latent), peakMiB));
          const near = predictForSize(points, size(n));
          const far = predictForSize(points, size(n + further));
          if (near === null || far === null) throw new Error("something was seen");
          expect(far.peakMiB).toBeGreaterThanOrEqual(near.peakMiB);
          expect(far.uncertaintyMiB).toBeGreaterThanOrEqual(near.uncertaintyMiB);
          expect(near.uncertaintyMiB).toBeGreaterThan(100);
        },
      ),
    );
  });
});

test("CAP-17 a busy GPU says that a second job will not finish sooner; what is not known is not judged", () => {
  const busy = usefulness(1, Array(30).fill(97));
  expect(busy.verdict).toBe("not-faster");
  const room = capacityOf(49_140, 40_000, 12_200, { running: 1 });
  expect(explainFurther(room, capacityWordsEn, busy)).toContain(
    "the GPU is 97 % busy: another job fits but will not finish sooner",
  );
  expect(explainFurther(room, capacityWordsZhCn, busy).join()).toContain("97 %");
  expect(usefulness(1, Array(30).fill(60)).verdict).toBe("helpful");
  expect(usefulness(0, Array(30).fill(97)).verdict).toBe("helpful");
  expect(usefulness(1, [97, null]).verdict).toBe("unknown");
  expect(usefulness(1, Array(30).fill(null)).verdict).toBe("unknown");
});
