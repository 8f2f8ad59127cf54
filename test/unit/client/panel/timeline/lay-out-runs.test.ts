import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { layOutRuns } from "../../../../../client/panel/timeline/lay-out-runs.ts";
import type { Run } from "../../../../../shared/timeline/run.ts";

const run = (id: string, startedAt: number, endedAt: number | null, more: Partial<Run> = {}): Run => ({
  id,
  job: null,
  gpu: 0,
  pid: null,
  label: id,
  profile: null,
  startedAt,
  endedAt,
  peakMiB: null,
  phases: [],
  ...more,
});
const FROM = 1_000_000;
const TO = FROM + 300_000;
const at = fc.integer({ min: FROM - 100_000, max: TO + 10_000 });
const anyRun = fc
  .record({
    startedAt: at,
    seconds: fc.option(fc.integer({ min: 0, max: 300 })),
    gpu: fc.integer({ min: 0, max: 1 }),
    phases: fc.array(fc.integer({ min: 0, max: 300_000 }), { maxLength: 5 }),
  })
  .map(({ startedAt, seconds, gpu, phases }) =>
    run("", startedAt, seconds === null ? null : startedAt + seconds * 1000, {
      gpu,
      phases: [...phases]
        .sort((a, b) => a - b)
        .map((after) => ({ name: null, startedAt: startedAt + after, mib: 1 })),
    }),
  );
const runs = fc
  .array(anyRun, { maxLength: 12 })
  .map((all) => all.map((one, i) => ({ ...one, id: String(i) })));

describe("jobs on the time axis", () => {
  test("PNL-21b every job of the GPU in the window has its place or is counted; none overlap in a lane", () => {
    fc.assert(
      fc.property(runs, fc.integer({ min: 1, max: 4 }), (all, most) => {
        const { lanes, hidden } = layOutRuns(all, 0, FROM, TO, most);
        expect(lanes.length).toBeLessThanOrEqual(most);
        const meant = all.filter(
          ({ gpu, startedAt, endedAt }) =>
            gpu === 0 && startedAt < TO && (endedAt ?? TO) > FROM && (endedAt ?? TO) > startedAt,
        );
        expect(lanes.flat().length + hidden).toBe(meant.length);
        for (const lane of lanes) {
          for (const [i, { left, right }] of lane.entries()) {
            expect(left).toBeGreaterThanOrEqual(i === 0 ? 0 : (lane[i - 1]?.right ?? 0));
            expect(right).toBeGreaterThan(left);
            expect(right).toBeLessThanOrEqual(1);
          }
        }
      }),
    );
  });

  test("PNL-21 phases lie within their job, one after the other", () => {
    fc.assert(
      fc.property(runs, (all) => {
        for (const placed of layOutRuns(all, 0, FROM, TO, 3).lanes.flat()) {
          let before = placed.left;
          for (const { left, right } of placed.phases) {
            expect(left).toBeGreaterThanOrEqual(before);
            expect(right).toBeLessThanOrEqual(placed.right);
            before = right;
          }
        }
      }),
    );
  });

  test("PNL-21 the two humps of a job that runs, and one that began before the window", () => {
    const phases = [
      { name: "high-noise model", startedAt: FROM + 62_000, mib: 18_600 },
      { name: "sampling peak", startedAt: FROM + 150_000, mib: 39_500 },
    ];
    const { lanes } = layOutRuns(
      [run("b", FROM + 60_000, null, { phases }), run("a", FROM - 5_000, FROM + 30_000)],
      0,
      FROM,
      TO,
      3,
    );
    expect(lanes).toHaveLength(1);
    expect(lanes[0]).toMatchObject([
      { run: { id: "a" }, left: 0, right: 0.1, isCut: true, phases: [] },
      {
        run: { id: "b" },
        left: 0.2,
        right: 1,
        isCut: false,
        phases: [
          { n: 1, name: "high-noise model", left: 0.2, right: 0.5 },
          { n: 2, name: "sampling peak", left: 0.5, right: 1 },
        ],
      },
    ]);
  });
});
