import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  freedPerGpu,
  judge,
  type Level,
  LONGEST_FALL_MS,
  NOISE_MIB,
  type Reading,
} from "../../../server/release/judge.ts";

const PATIENCE = 10_000;
const level = (...used: (number | null)[]): Level[] => used.map((usedMiB, index) => ({ index, usedMiB }));
/** One reading a second. */
const readings = (...used: number[]): Reading[] =>
  used.map((mib, i) => ({ tMs: i * 1000, levels: level(mib) }));

describe("the judge", () => {
  test("REL-1 freed is before minus settled, to the MiB, whatever the fall looked like", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 100_000 }),
        fc.array(fc.nat({ max: 100_000 }), { maxLength: 10 }),
        fc.nat({ max: 900 }),
        (before, on, end) => {
          const fall = readings(...on, end, end, end);
          const verdict = judge(level(before), fall, fall.length * 1000, PATIENCE);
          const freedMiB = before - end;
          if (freedMiB > NOISE_MIB) expect(verdict).toEqual({ kind: "freed", freedMiB, unsettled: false });
        },
      ),
    );
  });

  test("REL-1 it waits while VRAM falls, and says so when it never rests", () => {
    const falling = readings(20_000, 15_000, 10_000, 5_000);
    expect(judge(level(20_000), falling, 4000, PATIENCE).kind).toBe("waiting");
    expect(judge(level(20_000), falling, LONGEST_FALL_MS, PATIENCE)).toEqual({
      kind: "freed",
      freedMiB: 15_000,
      unsettled: true,
    });
    // Three readings within a moment are not rest.
    const quick = [0, 200, 400].map((tMs) => ({ tMs, levels: level(5000) }));
    expect(judge(level(20_000), quick, 400, PATIENCE).kind).toBe("waiting");
  });

  test("REL-2 nothing freed is said only after the patience, growth as growth", () => {
    expect(judge(level(20_000), readings(20_000, 20_010), 9_999, PATIENCE).kind).toBe("waiting");
    expect(judge(level(20_000), readings(20_000, 19_990), 10_000, PATIENCE)).toEqual({
      kind: "nothing",
      freedMiB: 10,
    });
    expect(judge(level(20_000), readings(21_000), 10_000, PATIENCE)).toEqual({
      kind: "grew",
      freedMiB: -1000,
    });
  });

  test("REL-2 it never says freed while VRAM is not below the level before", () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 50_000 }),
        fc.array(fc.nat({ max: 50_000 }), { minLength: 1 }),
        fc.nat({ max: 60_000 }),
        (before, used, waited) => {
          const verdict = judge(level(before), readings(...used), waited, PATIENCE);
          if (verdict.kind === "freed") expect(used.at(-1)).toBeLessThan(before);
        },
      ),
    );
  });

  test("REL-6 without readings or figures there is no verdict but that", () => {
    expect(judge(level(20_000), [], 0, PATIENCE).kind).toBe("waiting");
    expect(judge(level(20_000), [], PATIENCE, PATIENCE).kind).toBe("unmeasurable");
    expect(judge([], readings(5), PATIENCE, PATIENCE).kind).toBe("unmeasurable");
    expect(judge(level(null), [{ tMs: 0, levels: level(null) }], PATIENCE, PATIENCE).kind).toBe(
      "unmeasurable",
    );
  });

  test("REL-1 GPUs are counted one by one, unknown ones as unknown", () => {
    expect(
      freedPerGpu(level(10, 20, null), [
        { index: 1, usedMiB: 5 },
        { index: 0, usedMiB: 30 },
      ]),
    ).toEqual([
      { index: 0, beforeMiB: 10, afterMiB: 30, freedMiB: -20 },
      { index: 1, beforeMiB: 20, afterMiB: 5, freedMiB: 15 },
      { index: 2, beforeMiB: null, afterMiB: null, freedMiB: null },
    ]);
  });
});
