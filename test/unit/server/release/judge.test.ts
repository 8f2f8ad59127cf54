import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { freedPerGpu, judge, type Level, NOISE_MIB, type Reading } from "../../../../server/release/judge.ts";
import { TIMINGS } from "../../../../server/timings.ts";

const PATIENCE = 10_000;
const { settledMs, longestFallMs: LONGEST_FALL_MS } = TIMINGS.release;
const LIMITS = { patienceMs: PATIENCE, settledMs, longestFallMs: LONGEST_FALL_MS };
const mib = fc.nat({ max: 200_000 });
const levels = (used: readonly (number | null)[]): Level[] =>
  used.map((usedMiB, index) => ({ index, usedMiB }));
const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
/** Readings at these distances. */
function readings(used: readonly (readonly (number | null)[])[], everyMs = 1000): Reading[] {
  return used.map((one, i) => ({ tMs: i * everyMs, levels: levels(one) }));
}

describe("several GPUs", () => {
  const gpus = fc
    .array(fc.record({ before: mib, after: mib }), { minLength: 1, maxLength: 8 })
    .map((list) => ({ before: list.map((gpu) => gpu.before), after: list.map((gpu) => gpu.after) }));

  test("REL-1 REL-2 what is told equals the sum of before minus after to the MiB, and is named by its sign", () => {
    fc.assert(
      fc.property(gpus, fc.array(mib, { maxLength: 5 }), ({ before, after }, fall) => {
        const path = [...fall.map((level) => before.map(() => level)), after, after, after];
        const verdict = judge(levels(before), readings(path), LONGEST_FALL_MS, LIMITS);
        const freedMiB = sum(before) - sum(after);
        if (freedMiB > NOISE_MIB) expect(verdict).toEqual({ kind: "freed", freedMiB, unsettled: false });
        else expect(verdict).toEqual({ kind: freedMiB < -NOISE_MIB ? "grew" : "nothing", freedMiB });
        const perGpu = freedPerGpu(levels(before), levels(after)).map((gpu) => gpu.freedMiB ?? Number.NaN);
        expect(sum(perGpu)).toBe(freedMiB);
      }),
    );
  });

  test("REL-1 a GPU of which a figure is missing, or that has gone, counts neither way", () => {
    const unknown = fc.tuple(fc.option(mib, { nil: null }), fc.constant(null));
    fc.assert(
      fc.property(gpus, fc.array(unknown, { maxLength: 4 }), ({ before, after }, hidden) => {
        const beforeAll = [...before, ...hidden.map(([used]) => used)];
        const afterAll = [...after, ...hidden.map(([, used]) => used)];
        const run = (from: readonly (number | null)[], to: readonly (number | null)[]) =>
          judge(levels(from), readings([to, to, to]), LONGEST_FALL_MS, LIMITS);
        expect(run(beforeAll, afterAll)).toEqual(run(before, after));
        expect(run(beforeAll, after)).toEqual(run(before, after));
      }),
    );
  });

  test("REL-6 no GPU with both figures: not measurable after the patience, whatever came", () => {
    fc.assert(
      fc.property(fc.array(mib, { minLength: 1, maxLength: 4 }), fc.nat({ max: 20_000 }), (after, waited) => {
        const verdict = judge(levels(after.map(() => null)), readings([after, after, after]), waited, LIMITS);
        expect(verdict).toEqual({ kind: waited < PATIENCE ? "waiting" : "unmeasurable" });
      }),
    );
  });
});

describe("when the verdict falls", () => {
  const path = fc.array(mib, { minLength: 1, maxLength: 12 });

  test("REL-1 it waits no longer than the longest fall, and never says freed while more is in use than before", () => {
    fc.assert(
      fc.property(
        mib,
        path,
        fc.integer({ min: 200, max: 5000 }),
        fc.nat({ max: 60_000 }),
        (before, used, every, waited) => {
          const verdict = judge(
            levels([before]),
            readings(
              used.map((one) => [one]),
              every,
            ),
            waited,
            LIMITS,
          );
          const freedMiB = before - (used.at(-1) ?? 0);
          if (waited >= LONGEST_FALL_MS) expect(verdict.kind).not.toBe("waiting");
          if (verdict.kind === "freed") expect(verdict.freedMiB).toBeGreaterThan(NOISE_MIB);
          if (verdict.kind === "grew") expect(verdict.freedMiB).toBeLessThan(-NOISE_MIB);
          if (verdict.kind !== "waiting" && verdict.kind !== "unmeasurable")
            expect(verdict.freedMiB).toBe(freedMiB);
        },
      ),
    );
  });

  test("REL-2 nothing and growth are told when the patience is over, not a moment before", () => {
    const told = (used: number, waited: number) =>
      judge(levels([20_000]), readings([[used]]), waited, LIMITS);
    for (const used of [20_000, 19_990, 21_000])
      expect(told(used, PATIENCE - 1)).toEqual({ kind: "waiting" });
    expect(told(19_990, PATIENCE)).toEqual({ kind: "nothing", freedMiB: 10 });
    expect(told(21_000, PATIENCE)).toEqual({ kind: "grew", freedMiB: -1000 });
    // What moves within the noise is no growth.
    expect(told(20_000 + NOISE_MIB, PATIENCE)).toEqual({ kind: "nothing", freedMiB: -NOISE_MIB });
    expect(judge(levels([20_000]), [], PATIENCE - 1, LIMITS)).toEqual({ kind: "waiting" });
    expect(judge(levels([20_000]), [], PATIENCE, LIMITS)).toEqual({ kind: "unmeasurable" });
  });

  test("REL-1 VRAM that still falls is waited for beyond the patience, then told as unsettled", () => {
    const falling = readings([[20_000], [15_000], [10_000], [5000]]);
    expect(judge(levels([20_000]), falling, LONGEST_FALL_MS - 1, LIMITS)).toEqual({ kind: "waiting" });
    expect(judge(levels([20_000]), falling, LONGEST_FALL_MS, LIMITS)).toEqual({
      kind: "freed",
      freedMiB: 15_000,
      unsettled: true,
    });
  });

  test("REL-1 GPUs are told apart by their index, in whatever order they come", () => {
    const after = [
      { index: 1, usedMiB: 5 },
      { index: 0, usedMiB: 30 },
    ];
    expect(freedPerGpu(levels([10, 20, null]), after)).toEqual([
      { index: 0, beforeMiB: 10, afterMiB: 30, freedMiB: -20 },
      { index: 1, beforeMiB: 20, afterMiB: 5, freedMiB: 15 },
      { index: 2, beforeMiB: null, afterMiB: null, freedMiB: null },
    ]);
  });

  test("REL-1 noise of a desktop does not keep it from resting; a larger step does", () => {
    const jitter = fc.array(fc.integer({ min: -NOISE_MIB / 2, max: NOISE_MIB / 2 }), {
      minLength: 3,
      maxLength: 6,
    });
    fc.assert(
      fc.property(jitter, (offsets) => {
        const used = offsets.map((offset) => [5000 + offset]);
        const verdict = judge(levels([40_000]), readings(used), used.length * 1000, LIMITS);
        expect(verdict).toEqual({
          kind: "freed",
          freedMiB: 35_000 - (offsets.at(-1) ?? 0),
          unsettled: false,
        });
        const stepped = [...used, [5000 + 3 * NOISE_MIB]];
        expect(judge(levels([40_000]), readings(stepped), stepped.length * 1000, LIMITS).kind).toBe(
          "waiting",
        );
      }),
    );
  });

  test("REL-1 at a fast rate many readings in a moment are not yet rest, two seconds of them are", () => {
    const steady = (count: number) => readings(Array(count).fill([2000]), 200);
    expect(judge(levels([40_000]), steady(10), 2000, LIMITS).kind).toBe("waiting");
    expect(judge(levels([40_000]), steady(11), 2200, LIMITS).kind).toBe("freed");
  });

  test("REL-1 readings that miss their figures between others change nothing", () => {
    const used = [[2000], [null], [2000], [null], [2000]];
    expect(judge(levels([40_000]), readings(used), 5000, LIMITS)).toEqual({
      kind: "freed",
      freedMiB: 38_000,
      unsettled: false,
    });
  });
});
