import fc from "fast-check";
import { expect, test } from "vitest";
import { totalOf } from "../../../../client/panel/concurrency/total-of.ts";
import { totalCanStart } from "../../../../shared/capacity/total-can-start.ts";

const figure = fc.option(fc.nat(20));

test("PNL-22b what runs is added up only where it is known of every GPU that counts, and the sum is the maximum", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ canStart: figure, running: figure }), { maxLength: 8 }), (perGpu) => {
      const canStart = totalCanStart(perGpu);
      const { running, recommendedMax } = totalOf({ perGpu, canStart });
      const counted = perGpu.filter((gpu) => gpu.canStart !== null);
      if (counted.length === 0 || counted.some((gpu) => gpu.running === null)) {
        expect([running, recommendedMax]).toEqual([null, null]);
      } else {
        expect(running).toBe(counted.reduce((sum, gpu) => sum + (gpu.running ?? 0), 0));
        expect(recommendedMax).toBe((canStart ?? 0) + (running ?? 0));
      }
    }),
  );
});
