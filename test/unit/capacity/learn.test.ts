import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Knowledge,
  learn,
  NOTHING_LEARNED,
  raise,
  type Signature,
} from "../../../server/capacity/learn.ts";
import { predictPeak } from "../../../server/capacity/predict-peak.ts";
import { profileFigure } from "../../../server/capacity/profile-figure.ts";
import {
  addPoint,
  EMPTY_CURVE,
  extremes,
  finishCurve,
  type GrowingCurve,
  peakOf,
} from "../../../server/capacity/signatures.ts";
import { BUILT_IN_PROFILES } from "../../../shared/capacity/built-in-profiles.ts";

/** A job's corners: [age, MiB]. */
type Corners = readonly (readonly [number, number])[];
const I2V: Corners = [
  [0, 500],
  [15, 18_000],
  [70, 18_500],
  [90, 36_000],
  [100, 39_500],
  [190, 39_500],
];
const SMALL: Corners = [
  [0, 500],
  [10, 11_000],
  [180, 12_200],
];

function levelAt(corners: Corners, age: number): number {
  const next = corners.findIndex(([at]) => at > age);
  const [a0, l0] = corners[next - 1] ?? corners.at(-1) ?? [0, 0];
  const [a1, l1] = corners[next] ?? [a0 + 1, l0];
  return l0 + ((l1 - l0) * (age - a0)) / (a1 - a0);
}
/** What was seen up to an age, at another scale and pace. */
function seenUpTo(corners: Corners, untilS: number, scale = 1, pace = 1): GrowingCurve {
  let curve = EMPTY_CURVE;
  for (let age = 0; age <= untilS; age += 2)
    curve = addPoint(curve, age, Math.round(levelAt(corners, age / pace) * scale));
  return curve;
}
function signature(corners: Corners, scale = 1, pace = 1, profile: string | null = null): Signature {
  const seconds = (corners.at(-1)?.[0] ?? 0) * pace;
  const curve = finishCurve(seenUpTo(corners, seconds, scale, pace));
  return { profile, name: null, peakMiB: peakOf(curve), seconds, curve, outOfMemory: false, endedAtMs: 0 };
}
const knowing = (...signatures: Signature[]) => signatures.reduce(learn, NOTHING_LEARNED);
/** Enough small jobs that published figures have faded. */
const faded = (knowledge: Knowledge) =>
  Array.from({ length: 30 }, () => signature(SMALL)).reduce(learn, knowledge);
const predict = (knowledge: Knowledge, curve: GrowingCurve, age: number) =>
  predictPeak(curve, age, peakOf(finishCurve(curve)), knowledge, BUILT_IN_PROFILES, 49_140);

describe("signatures", () => {
  test("CAP-13 a curve of any length stays small, and keeps its lowest and highest level", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 900 }), fc.nat({ max: 80_000 })), { minLength: 1 }),
        (steps) => {
          let curve = EMPTY_CURVE;
          let age = 0;
          for (const [by, mib] of steps) {
            curve = addPoint(curve, age, mib);
            age += by;
          }
          const whole = finishCurve(curve);
          const levels = steps.map(([, mib]) => mib);
          expect(whole.lowMiB.length).toBeLessThanOrEqual(32);
          expect(peakOf(whole)).toBe(Math.max(...levels));
          expect(extremes(whole, 0, age).low).toBe(Math.min(...levels));
        },
      ),
    );
  });
});

describe("predicted peak of an unmarked process", () => {
  test("CAP-13 a two-humped job is known in its first hump once one was seen, also larger, smaller, slower, faster", () => {
    const knowledge = faded(knowing(signature(I2V)));
    fc.assert(
      fc.property(
        fc.integer({ min: 92, max: 108 }),
        fc.integer({ min: 90, max: 112 }),
        fc.integer({ min: 20, max: 60 }),
        (scale, pace, age) => {
          const { peakMiB, from } = predict(knowledge, seenUpTo(I2V, age, scale / 100, pace / 100), age);
          expect(from).toBe("learned");
          expect(peakMiB).toBeGreaterThanOrEqual(39_500 * (scale / 100));
        },
      ),
    );
    // And a small job beside it is not taken for it once it has shown itself.
    expect(predict(knowledge, seenUpTo(SMALL, 40), 40).peakMiB).toBeLessThan(14_000);
  });

  test("CAP-13 the same with twice the steps: its levels at another pace", () => {
    const knowledge = faded(knowing(signature(I2V)));
    expect(predict(knowledge, seenUpTo(I2V, 130, 1, 2), 130).peakMiB).toBeGreaterThanOrEqual(39_500);
  });

  test("CAP-13 before anything was learned published figures are the prior, and fade", () => {
    const young = seenUpTo(I2V, 40);
    expect(predict(NOTHING_LEARNED, young, 40)).toMatchObject({ from: "published" });
    expect(predict(NOTHING_LEARNED, young, 40).peakMiB).toBeGreaterThanOrEqual(41_200);
    expect(predict(faded(NOTHING_LEARNED), young, 40)).toMatchObject({ from: "own" });
  });

  test("CAP-13 once its level stands a smaller one of a kind is promised less, but a slow loader is no smaller one", () => {
    const plain: Corners = [
      [0, 500],
      [20, 33_000],
      [180, 34_000],
      [185, 38_500],
      [205, 38_500],
    ];
    const scales = [0.92, 0.96, 1, 1.04, 1.08, 0.94, 0.98, 1.02, 1.06, 1.1, 0.9, 1];
    const knowledge = scales.reduce((known, scale) => learn(known, signature(plain, scale)), NOTHING_LEARNED);
    expect(knowledge.kinds).toHaveLength(1);
    const ofAll = predict(faded(knowledge), seenUpTo(plain, 10, 0.9), 10).peakMiB;
    expect(ofAll).toBeGreaterThanOrEqual(38_500 * 1.1);
    const small = predict(faded(knowledge), seenUpTo(plain, 120, 0.9), 120).peakMiB;
    expect(small).toBeGreaterThanOrEqual(38_500 * 0.9);
    expect(small).toBeLessThan(ofAll * 0.95);
    // It reads its weights half as fast: at 30 s it stands at three quarters of where the others stood.
    const slow: Corners = [[0, 500], [40, 33_000], ...plain.slice(2)];
    for (const age of [16, 20, 24, 28, 32, 36, 40])
      expect(predict(faded(knowledge), seenUpTo(slow, age), age).peakMiB).toBeGreaterThanOrEqual(38_500);
  });

  test("CAP-13 never below its own maximum", () => {
    const knowledge = faded(knowing(signature(I2V)));
    fc.assert(
      fc.property(fc.integer({ min: 50, max: 200 }), fc.integer({ min: 1, max: 400 }), (scale, age) => {
        const curve = seenUpTo(I2V, age, scale / 100);
        expect(predict(knowledge, curve, age).peakMiB).toBeGreaterThanOrEqual(peakOf(finishCurve(curve)));
      }),
    );
  });
});

describe("a profile's peak", () => {
  const profile = { id: "p", peakMiB: 40_000, basis: "published" } as const;
  const seen = (...peaks: number[]) =>
    knowing(...peaks.map((mib) => ({ ...signature(I2V, mib / 39_500, 1, "p"), peakMiB: mib })));

  test("CAP-14 published alone is uncertain; what was seen takes its place as evidence grows", () => {
    expect(profileFigure(NOTHING_LEARNED, profile)).toMatchObject({
      peakMiB: 40_000,
      uncertaintyMiB: 6_000,
      seen: 0,
    });
    const one = profileFigure(seen(30_000), profile);
    expect(one.peakMiB).toBe(35_000);
    const many = profileFigure(seen(...Array(60).fill(30_000)), profile);
    expect(many.peakMiB).toBeLessThan(30_200);
    expect(many.uncertaintyMiB).toBeLessThan(250);
  });

  test("CAP-14 with few observations it is at least their maximum, and what is configured is never lowered", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 20_000, max: 60_000 }), { minLength: 1, maxLength: 90 }),
        (peaks) => {
          expect(profileFigure(seen(...peaks), profile).peakMiB).toBeGreaterThanOrEqual(Math.max(...peaks));
          const configured = { ...profile, basis: "configured" } as const;
          expect(profileFigure(seen(...peaks), configured).peakMiB).toBeGreaterThanOrEqual(40_000);
        },
      ),
    );
  });

  test("CAP-14 the uncertainty shrinks with evidence", () => {
    const widths = [1, 3, 10, 40, 150].map(
      (n) => profileFigure(seen(...Array(n).fill(30_000)), profile).uncertaintyMiB,
    );
    expect(widths).toEqual([...widths].sort((a, b) => b - a));
    expect(new Set(widths).size).toBe(widths.length);
  });

  test("CAP-15 an out-of-memory raises it at once, and so does a running job that holds more", () => {
    const before = seen(...Array(20).fill(30_000));
    const died = learn(before, { ...signature(I2V, 1, 1, "p"), peakMiB: 36_000, outOfMemory: true });
    expect(profileFigure(died, profile).peakMiB).toBeGreaterThanOrEqual(39_600);
    expect(profileFigure(raise(before, "p", 33_000), profile).peakMiB).toBe(33_000);
    expect(raise(before, "p", 29_000)).toBe(before);
    // Jobs that go well in the meantime do not lower it before there are many.
    const after = Array.from({ length: 49 }, () => ({ ...signature(I2V, 0.76, 1, "p") })).reduce(learn, died);
    expect(profileFigure(after, profile).peakMiB).toBeGreaterThanOrEqual(39_600);
    const later = learn(after, signature(I2V, 0.76, 1, "p"));
    expect(profileFigure(later, profile).peakMiB).toBeLessThan(36_000);
  });
});
