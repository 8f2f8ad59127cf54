import fc from "fast-check";
import { expect, test } from "vitest";
import { topOf } from "../../../../../client/panel/timeline/geometry.ts";
import { levelsOf } from "../../../../../client/panel/timeline/levels.ts";

const figure = fc.option(fc.integer({ min: 0, max: 100_000 }));

test("PNL-21 the lines lie within the axis: what is promised never above the total, nothing where nothing is known", () => {
  fc.assert(
    fc.property(figure, figure, figure, figure, (memoryTotalMiB, used, promisedMiB, reserve) => {
      const memoryUsedMiB = used === null || memoryTotalMiB === null ? used : Math.min(used, memoryTotalMiB);
      const reserveMiB =
        reserve === null || memoryTotalMiB === null ? reserve : Math.min(reserve, memoryTotalMiB);
      const levels = levelsOf({ memoryTotalMiB, memoryUsedMiB }, { promisedMiB, reserveMiB });
      expect(levels.promisedGib === null).toBe(memoryUsedMiB === null || !promisedMiB);
      expect(levels.reserveGib === null).toBe(memoryTotalMiB === null || reserveMiB === null);
      if (memoryTotalMiB === null) return;
      const top = topOf(levels.totalGib, []);
      expect(top).toBeGreaterThanOrEqual(memoryTotalMiB / 1024);
      for (const level of [levels.promisedGib, levels.reserveGib]) {
        expect(level ?? 0).toBeGreaterThanOrEqual(0);
        expect(level ?? 0).toBeLessThanOrEqual(memoryTotalMiB / 1024);
      }
    }),
  );
});
