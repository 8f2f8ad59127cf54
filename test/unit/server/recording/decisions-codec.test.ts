import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeSegment } from "../../../../server/recording/decisions/decoder.ts";
import { createEncoder } from "../../../../server/recording/decisions/encoder.ts";
import type { DecisionInput } from "../../../../server/recording/decisions/input.ts";

const START = 1_795_000_000_000;

const atMs = fc.integer({ min: -1000, max: 1_000_000 }).map((ticks) => START + ticks * 100);
const figure = fc.option(fc.nat({ max: 200_000 }), { nil: null });
const sample = fc.record({
  kind: fc.constant("sample" as const),
  atMs,
  gpus: fc.array(fc.tuple(figure, figure, figure, figure), { maxLength: 9 }),
});
const name = fc.string({ maxLength: 20, unit: "grapheme" });
const process = fc
  .record({
    pid: fc.nat({ max: 4_194_304 }),
    name: fc.option(name, { nil: null }),
    usedMiB: figure,
    backend: fc.option(name, { nil: undefined }),
  })
  .map(({ backend, ...rest }) => (backend === undefined ? rest : { ...rest, backend }));
const processes = fc.record({
  kind: fc.constant("processes" as const),
  atMs,
  gpu: fc.nat({ max: 8 }),
  processes: fc.option(fc.array(process, { maxLength: 5 }), { nil: null }),
});
const note = fc.record({
  kind: fc.constant("note" as const),
  atMs,
  note: fc.oneof(
    fc.record({ topic: fc.constant("start" as const), version: name }),
    fc.record({ topic: fc.constant("end" as const), id: name, end: fc.constant(null) }),
    fc.record({ topic: fc.constant("released" as const), backends: fc.array(name, { maxLength: 3 }) }),
  ),
});
/** An input, and how often it comes again a second apart. */
const repeated = fc.tuple(fc.oneof(sample, processes, note), fc.nat({ max: 4 }));
const inputs = fc
  .array(repeated, { maxLength: 40 })
  .map((all) =>
    all.flatMap(([input, times]) =>
      Array.from({ length: times + 1 }, (_, i): DecisionInput => ({ ...input, atMs: input.atMs + i * 1000 })),
    ),
  );

const encode = (all: readonly DecisionInput[], cutAt = new Set<number>()) => {
  const encoder = createEncoder(START);
  const parts: Uint8Array[] = [];
  for (const [i, input] of all.entries()) {
    if (cutAt.has(i)) parts.push(encoder.take(i % 2 === 0));
    encoder.add(input);
  }
  return Buffer.concat([...parts, encoder.take(true)]);
};

describe("the record of what decisions were made from", () => {
  test("REC-10 what was recorded is read back exactly, wherever it was cut into parts", () => {
    fc.assert(
      fc.property(inputs, fc.array(fc.nat({ max: 40 })), (all, cuts) => {
        expect([...decodeSegment(START, encode(all, new Set(cuts)))]).toEqual(all);
      }),
    );
  });

  test("REC-10 bytes that were cut off give what stands before, and an error, never other figures", () => {
    fc.assert(
      fc.property(inputs, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) => {
        const whole = encode(all);
        const found: DecisionInput[] = [];
        try {
          for (const one of decodeSegment(START, whole.subarray(0, Math.floor(whole.length * share))))
            found.push(one);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
        expect(found).toEqual(all.slice(0, found.length));
      }),
    );
  });

  test("REC-11 an hour of equal samples takes a few bytes, one GPU that is busy about five a sample", () => {
    const hour = Array.from(
      { length: 3600 },
      (_, i): DecisionInput => ({
        kind: "sample",
        atMs: START + i * 1000,
        gpus: [[430, 23_734, 400, 0]],
      }),
    );
    expect(encode(hour).length).toBeLessThan(24);
    const busy = hour.map((input, i): DecisionInput => {
      const used = 8000 + ((i * 37) % 900);
      return { ...input, kind: "sample", gpus: [[used, 24_164 - used, 400, 60 + (i % 40)]] };
    });
    expect(encode(busy).length / 3600).toBeLessThan(7);
  });
});
