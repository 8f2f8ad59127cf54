import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { usedPctOf, vramOf } from "../../../../shared/gpu/vram.ts";
import { vramOfAll } from "../../../../shared/gpu/vram-of-all.ts";

const gpu = (memoryTotalMiB: number | null, memoryUsedMiB: number | null, memoryFreeMiB: number | null) => ({
  ...{ memoryTotalMiB, memoryUsedMiB, memoryFreeMiB },
});

describe("one meaning of in use, free and kept by the driver", () => {
  test.each([
    ["a driver that counts what it keeps apart", gpu(24_564, 23_900, 204), 460, 23_900, 97.3],
    ["an older one, which counts it as in use", gpu(24_564, 24_360, 204), 0, 24_360, 99.2],
    ["rows of two moments: more in use and free than there is", gpu(24_564, 24_000, 700), 0, 24_000, 97.7],
    ["free is not told", gpu(24_564, 12_282, null), null, 12_282, 50],
    ["nothing is", gpu(null, null, null), null, null, null],
  ])("PNL-10 %s", (_, given, driverMiB, usedMiB, pct) => {
    const vram = vramOf(given);
    expect(vram).toEqual({
      totalMiB: given.memoryTotalMiB,
      freeMiB: given.memoryFreeMiB,
      driverMiB,
      usedMiB,
    });
    const share = usedPctOf(vram);
    expect(share === null ? null : Number(share.toFixed(1))).toBe(pct);
  });

  test("PNL-10 the host's memory, where a GPU shares it", () => {
    const shared = { totalMiB: 122_880, freeMiB: 100_000 };
    expect(vramOf(gpu(null, null, null), shared)).toEqual({ ...shared, usedMiB: 22_880, driverMiB: 0 });
  });

  test("PNL-10 PNL-10b the parts add up to the total, of one GPU and of several; who tells nothing is left out", () => {
    const told = fc
      .tuple(fc.nat(80_000), fc.nat(2_000), fc.nat(80_000))
      .map(([used, driver, free]) => vramOf(gpu(used + driver + free, used, free)));
    fc.assert(
      fc.property(fc.array(told), fc.array(fc.constant(vramOf(gpu(null, 100, null)))), (some, unknown) => {
        const all = vramOfAll([...some, ...unknown]);
        if (some.length === 0) expect(all.usedMiB).toBeNull();
        for (const one of some.length === 0 ? some : [...some, all]) {
          expect((one.usedMiB ?? 0) + (one.driverMiB ?? 0) + (one.freeMiB ?? 0)).toBe(one.totalMiB);
        }
      }),
    );
  });
});
