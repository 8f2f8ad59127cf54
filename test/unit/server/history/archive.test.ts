import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createArchive } from "../../../../server/history/archive.ts";
import { seriesOf, totalOf } from "../../../../server/history/downsample.ts";
import { LEVELS } from "../../../../server/history/levels.ts";
import { numRuns } from "../../../helpers/seeds.ts";
import { DAY, feed, known, MINUTE, noDisk, pointsOf, START } from "./past-archive.ts";
import { gpuWith, handClocks, sampleOf } from "./past-samples.ts";

describe("what is kept", () => {
  test("HIS-4 every level has the extremes and the mean of the samples themselves", () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.nat(90_000), { nil: null }), { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 0, max: 100 }),
        (figures, offset) => {
          const clocks = handClocks(START + offset * 1000);
          const archive = createArchive(noDisk, { longestIntervalMs: () => 5000, clocks: clocks.now });
          const from = clocks.now().wallMs;
          feed(archive, clocks, figures);
          for (const { bucketMs } of LEVELS) {
            const points = Math.max(2, Math.ceil(1_800_000 / bucketMs));
            const grid = { level: LEVELS.find((l) => l.bucketMs === bucketMs) ?? LEVELS[0], points };
            if (grid.level === undefined) throw new Error("no level");
            const fromMs = Math.floor(from / bucketMs) * bucketMs;
            const cells = archive.points("G", {
              level: grid.level,
              fromMs,
              pointMs: bucketMs,
              count: points,
            });
            const { min, max } = seriesOf(cells, points, 0);
            const total = totalOf(cells, points, 0);
            const raw = known(figures);
            expect(total.seconds).toBe(raw.length);
            expect(total.sum).toBe(raw.reduce((a, b) => a + b, 0));
            if (raw.length === 0) continue;
            expect(Math.max(...known(max))).toBe(Math.max(...raw));
            expect(Math.min(...known(min))).toBe(Math.min(...raw));
          }
        },
      ),
      { numRuns: numRuns(40) },
    );
  });

  test("of a GPU that was away for hours nothing is lost, written to disk or not", () => {
    const clocks = handClocks(START);
    const archive = createArchive(noDisk, { longestIntervalMs: () => 5000, clocks: clocks.now });
    const second = (memoryUsedMiB: number) => {
      archive.append(sampleOf(gpuWith("G", { memoryUsedMiB, powerDrawW: 100 })));
      clocks.pass(1000);
    };
    for (const memory of [10, 20, 30]) second(memory);
    clocks.pass(2 * 3_600_000);
    for (let i = 0; i < 3; i++) archive.flush();
    for (const memory of [40, 50, 60]) second(memory);
    archive.flush();
    const end = clocks.now().wallMs;
    const { memory } = pointsOf(archive, "G", START, START + 3000, end);
    expect([known(memory.min), known(memory.max)]).toEqual([[10], [30]]);
    expect(known(pointsOf(archive, "G", end - 3000, end, end).memory.max)).toEqual([40, 50]);
  });

  test("HIS-3 a sample stands for the time since the one before; a longer silence is a gap", () => {
    const clocks = handClocks(START);
    const archive = createArchive(noDisk, { longestIntervalMs: () => 5000, clocks: clocks.now });
    const sample = (memoryUsedMiB: number | null) =>
      archive.append(sampleOf(gpuWith("G", { memoryUsedMiB, powerDrawW: 100 })));
    sample(10);
    clocks.pass(5000);
    sample(20);
    clocks.pass(20_000);
    sample(30);
    clocks.pass(1000);
    sample(null);
    const { memory, fromMs } = pointsOf(archive, "G", START, START + 27_000, START + 27_000);
    expect(fromMs).toBe(START);
    const filled = [10, 20, 20, 20, 20, 20];
    expect(memory.max.slice(0, 6)).toEqual(filled);
    expect(memory.max.slice(6, 25).every((value) => value === null)).toBe(true);
    expect(memory.max[25]).toBe(30);
  });

  test("HIS-7 energy comes from the seconds in which power was reported", () => {
    const clocks = handClocks(START);
    const archive = createArchive(noDisk, { longestIntervalMs: () => 5000, clocks: clocks.now });
    feed(archive, clocks, new Array(60).fill(1), { powerDrawW: 123.4 });
    feed(archive, clocks, new Array(60).fill(1));
    const { power } = pointsOf(archive, "G", START, START + 2 * MINUTE, START + 2 * MINUTE);
    expect(power.seconds).toBe(60);
    expect(power.sum).toBeCloseTo(60 * 123.4, 5);
  });

  test("HIS-8 a clock that is set back or forth makes no figures up and loses none", () => {
    const clocks = handClocks(START);
    const archive = createArchive(noDisk, { longestIntervalMs: () => 5000, clocks: clocks.now });
    feed(archive, clocks, [1, 2, 3]);
    clocks.set(START + DAY);
    feed(archive, clocks, [50, 60]);
    clocks.set(START - 2 * 60 * MINUTE);
    feed(archive, clocks, [7]);
    clocks.set(START + 1000);
    feed(archive, clocks, [99]);
    const at = (fromMs: number) => pointsOf(archive, "G", fromMs, fromMs + MINUTE, fromMs + MINUTE).memory;
    expect(known(at(START + DAY).max)).toEqual([50, 60]);
    expect(known(at(START - 2 * 60 * MINUTE).max)).toEqual([7]);
    // The second that the clock has gone through twice has both.
    expect(known(at(START).max)).toEqual([1, 99, 3]);
    expect(known(at(START).min)).toEqual([1, 2, 3]);
  });
});
