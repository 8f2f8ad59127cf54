import fc from "fast-check";
import { expect, test } from "vitest";
import { type BarFigures, vramBar } from "../../../../shared/gpu/vram-bar.ts";

const mib = fc.nat({ max: 200_000 });
const perhaps = fc.option(mib, { nil: null });
const figures: fc.Arbitrary<BarFigures> = fc.record({
  totalMiB: mib,
  freeMiB: mib,
  backendMiB: perhaps,
  tensorsMiB: perhaps,
  cacheMiB: perhaps,
  promisedMiB: perhaps,
  reserveMiB: perhaps,
});
const INPUTS = ["backendMiB", "tensorsMiB", "cacheMiB", "promisedMiB", "reserveMiB"] as const;

test("CAP-31 the pieces add up to the total, none is negative, and what is not known stays so", () => {
  fc.assert(
    fc.property(figures, (known) => {
      const bar = vramBar(known);
      if (bar === null) throw new Error("total and free VRAM are known");
      const pieces = Object.values(bar);
      for (const piece of pieces) expect(piece ?? 0).toBeGreaterThanOrEqual(0);
      expect(pieces.reduce((sum, piece) => (sum ?? 0) + (piece ?? 0), 0)).toBe(known.totalMiB);
      for (const key of INPUTS) expect(bar[key] === null).toBe(known[key] === null);
      // Nothing is shown that is not there: what is free is split among promise, reserve and free alone.
      const unused = (bar.promisedMiB ?? 0) + (bar.reserveMiB ?? 0) + bar.freeMiB;
      expect(unused).toBe(Math.min(known.freeMiB ?? 0, known.totalMiB ?? 0));
    }),
  );
});

test("CAP-31 figures that agree are shown as they are", () => {
  const bar = vramBar({
    totalMiB: 49_140,
    freeMiB: 20_000,
    backendMiB: 25_000,
    tensorsMiB: 20_000,
    cacheMiB: 4_500,
    promisedMiB: 10_000,
    reserveMiB: 2_457,
  });
  expect(bar).toEqual({
    othersMiB: 4_140,
    backendMiB: 500,
    tensorsMiB: 20_000,
    cacheMiB: 4_500,
    promisedMiB: 10_000,
    reserveMiB: 2_457,
    freeMiB: 7_543,
  });
});

test("CAP-31 without total or free VRAM there is no bar", () => {
  fc.assert(
    fc.property(figures, fc.constantFrom("totalMiB" as const, "freeMiB" as const), (known, missing) => {
      expect(vramBar({ ...known, [missing]: null })).toBeNull();
    }),
  );
});
