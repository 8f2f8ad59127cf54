import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { GpuReading } from "../../../../shared/gpu/gpu.ts";
import { decodeSample, encodeSample } from "../../../../shared/protocol/sample-codec.ts";

/** MiB in all, reserved by the driver, highest power in W: cards as nvidia-smi names them. */
const CARDS = {
  "RTX 3060": [12_288, 243, 170],
  "RTX 4090": [24_564, 460, 450],
  "RTX PRO 6000": [97_887, 600, 600],
  "H100 80GB": [81_559, 479, 700],
  H200: [143_771, 614, 700],
  B200: [183_359, 700, 1000],
} as const;

/** Any state of a card: its figures add up as the driver's do. */
function stateOf([total, reserved, mostW]: readonly [number, number, number]): fc.Arbitrary<GpuReading> {
  return fc
    .record({
      memoryUsedMiB: fc.nat({ max: total - reserved }),
      utilizationGpuPct: fc.nat({ max: 100 }),
      temperatureC: fc.integer({ min: 10, max: 99 }),
      powerDrawW: fc.double({ min: 4, max: mostW, noNaN: true }),
    })
    .map((reading) => ({ ...reading, memoryFreeMiB: total - reserved - reading.memoryUsedMiB }));
}
const bytes = (readings: readonly GpuReading[]) => JSON.stringify(encodeSample(1, 1, readings)).length;
/** Bytes per GPU beyond the frame, `count` of them in the same state. */
const bytesPerGpu = (reading: GpuReading, count: number) =>
  (bytes(Array(count).fill(reading)) - bytes([])) / count;

describe("the bytes of a GPU", () => {
  test.each(Object.entries(CARDS))("WIRE-2b %s takes at most 25 in any state", (_, card) => {
    fc.assert(
      fc.property(stateOf(card), fc.integer({ min: 1, max: 16 }), (reading, count) => {
        expect(bytesPerGpu(reading, count)).toBeLessThanOrEqual(25);
      }),
    );
  });

  test("WIRE-2b cards in MIG mode, which report no utilization, take at most 25 too", () => {
    fc.assert(
      fc.property(fc.constantFrom(CARDS["H100 80GB"], CARDS.H200).chain(stateOf), (reading) => {
        expect(bytesPerGpu({ ...reading, utilizationGpuPct: null }, 8)).toBeLessThanOrEqual(25);
      }),
    );
  });

  test("WIRE-2b a busy card, and one that reports nothing, take at most 25", () => {
    const busy = {
      memoryUsedMiB: 134_567,
      memoryFreeMiB: 134_567,
      utilizationGpuPct: 100,
      temperatureC: 87,
      powerDrawW: 699,
    };
    const unknown = {
      memoryUsedMiB: null,
      memoryFreeMiB: null,
      utilizationGpuPct: null,
      temperatureC: null,
      powerDrawW: null,
    };
    for (const reading of [busy, unknown]) expect(bytesPerGpu(reading, 8)).toBeLessThanOrEqual(25);
  });

  test("WIRE-2b a card of 288 GB, half full at 1100 W, takes 26: one figure more than any other", () => {
    const reading = {
      memoryUsedMiB: 137_000,
      memoryFreeMiB: 137_000,
      utilizationGpuPct: 100,
      temperatureC: 61,
      powerDrawW: 1100,
    };
    expect(bytesPerGpu(reading, 8)).toBeLessThanOrEqual(26);
  });
});

describe("reading it back", () => {
  test("WIRE-2 any state of any machine comes back to the nearest whole figure, null as null", () => {
    const hidden = fc
      .constantFrom(...Object.values(CARDS))
      .chain((card) =>
        fc.tuple(
          stateOf(card),
          fc.subarray([
            "memoryUsedMiB",
            "memoryFreeMiB",
            "utilizationGpuPct",
            "temperatureC",
            "powerDrawW",
          ] as const),
        ),
      );
    fc.assert(
      fc.property(
        fc.array(hidden, { maxLength: 8 }),
        fc.nat(),
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        (list, seq, tMs) => {
          const readings = list.map(
            ([reading, nulls]): GpuReading => ({
              ...reading,
              ...Object.fromEntries(nulls.map((key) => [key, null])),
            }),
          );
          const back = decodeSample(
            JSON.parse(JSON.stringify(encodeSample(seq, tMs, readings))),
            readings.length,
          );
          expect([back?.seq, back?.tMs]).toEqual([seq, Math.round(tMs)]);
          expect(back?.readings).toEqual(
            readings.map((reading) =>
              Object.fromEntries(
                Object.entries(reading).map(([key, value]) => [
                  key,
                  value === null ? null : Math.round(value),
                ]),
              ),
            ),
          );
        },
      ),
    );
  });

  test("WIRE-6 a message that does not fit is not taken, and none throws", () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.integer(), { nil: null }), { maxLength: 30 }),
        fc.nat({ max: 6 }),
        (wire, gpus) => {
          const taken = decodeSample(wire, gpus);
          expect(taken !== null).toBe(wire.length === 2 + 5 * gpus && wire[0] !== null && wire[1] !== null);
        },
      ),
    );
  });
});
