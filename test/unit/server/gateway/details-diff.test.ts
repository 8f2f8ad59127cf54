import fc from "fast-check";
import * as v from "valibot";
import { expect, test } from "vitest";
import { applyDetails, diffDetails } from "../../../../server/gateway/details-diff.ts";
import type { GpuDetails } from "../../../../shared/gpu/gpu.ts";
import { detailsSchema } from "../../../../shared/protocol/messages.ts";

const figure = fc.option(fc.nat({ max: 100 }), { nil: null });
const details: fc.Arbitrary<GpuDetails> = fc.record({
  memoryReservedMiB: figure,
  utilizationMemoryPct: figure,
  powerLimitW: figure,
  fanPct: figure,
  pstate: fc.option(fc.constantFrom("P0", "P8"), { nil: null }),
  throttle: fc.option(fc.subarray(["power-cap", "hw-thermal"]), { nil: null }),
  mig: fc.option(fc.boolean(), { nil: null }),
  processes: fc.option(
    fc.array(fc.record({ pid: fc.nat(), name: fc.option(fc.string(), { nil: null }), usedMiB: figure }), {
      maxLength: 3,
    }),
    { nil: null },
  ),
});
const pairs = fc.array(fc.tuple(details, details), { maxLength: 6 });

test("WIRE-2 a viewer who applies every difference is never off by more than the jitter of fan and bandwidth", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(details, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 8 }),
      (states) => {
        let viewer = states[0] ?? [];
        for (const state of states) {
          viewer = applyDetails(viewer, JSON.parse(JSON.stringify(diffDetails(viewer, state))));
          for (const [i, gpu] of state.entries()) {
            const seen = viewer[i];
            expect({ ...seen, fanPct: 0, utilizationMemoryPct: 0 }).toEqual({
              ...gpu,
              fanPct: 0,
              utilizationMemoryPct: 0,
            });
            for (const key of ["fanPct", "utilizationMemoryPct"] as const) {
              const [a, b] = [seen?.[key] ?? null, gpu[key]];
              expect(a === b || (a !== null && b !== null && Math.abs(a - b) < 5)).toBe(true);
            }
          }
        }
      },
    ),
  );
});

test("WIRE-2 nothing travels that has not changed, and what travels fits the message's schema", () => {
  fc.assert(
    fc.property(pairs, (list) => {
      const [before, after] = [list.map(([a]) => a), list.map(([, b]) => b)];
      expect(diffDetails(after, structuredClone(after))).toEqual([]);
      const message = JSON.parse(JSON.stringify(diffDetails(before, after)));
      expect(v.parse(detailsSchema, message)).toEqual(message);
    }),
  );
});
