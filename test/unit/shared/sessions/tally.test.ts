import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Gpu } from "../../../../shared/gpu/gpu.ts";
import { COMPARED, figureOf } from "../../../../shared/sessions/compare.ts";
import type { Session, SessionFigures } from "../../../../shared/sessions/session.ts";
import { sessionsCsv } from "../../../../shared/sessions/sessions-csv.ts";
import { addSample, figuresOf, newTally } from "../../../../shared/sessions/tally.ts";
import { gpuWith } from "../../../helpers/gpu-with.ts";

const GPU = gpuWith({ memoryTotalMiB: 24_564 });
const of = (samples: readonly (readonly [Partial<Gpu>, number])[]) =>
  figuresOf(
    samples.reduce(
      (tally, [known, seconds]) => addSample(tally, { ...GPU, ...known }, seconds),
      newTally(GPU),
    ),
  );

describe("what a GPU did in a session", () => {
  test("REC-8 is weighted by time: 3 s at 90 % and 1 s at 10 % are 70 %, and half of it at 90 %", () => {
    const figures = of([
      [{ utilizationGpuPct: 90, memoryUsedMiB: 100, temperatureC: 60, powerDrawW: 300 }, 3],
      [{ utilizationGpuPct: 10, memoryUsedMiB: 900, temperatureC: 80, powerDrawW: 100 }, 1],
    ]);
    expect(figures).toMatchObject({
      seconds: 4,
      utilizationMeanPct: 70,
      utilizationP50Pct: 90,
      utilizationP95Pct: 90,
      memoryPeakMiB: 900,
      temperatureMeanC: 65,
      temperatureMaxC: 80,
      energyWh: 1000 / 3600,
    });
  });

  test("REC-8c what was not reported is unknown, and power that was missing makes no energy", () => {
    expect(of([])).toMatchObject({
      seconds: 0,
      utilizationMeanPct: null,
      memoryPeakMiB: null,
      energyWh: null,
    });
    const half = of([
      [{ powerDrawW: 300, utilizationGpuPct: 0 }, 10],
      [{ utilizationGpuPct: 0 }, 10],
    ]);
    expect(half).toMatchObject({ seconds: 20, utilizationMeanPct: 0, utilizationP95Pct: 0, energyWh: null });
    expect(of([[{}, 10]])).toMatchObject({ seconds: 0 });
  });

  test("REC-8 every figure lies within what was sampled", () => {
    const sample = fc.record({
      utilizationGpuPct: fc.option(fc.integer({ min: 0, max: 100 })),
      temperatureC: fc.option(fc.integer({ min: 0, max: 110 })),
      memoryUsedMiB: fc.option(fc.nat(80_000)),
      powerDrawW: fc.option(fc.nat(700)),
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(sample, fc.double({ min: 0.01, max: 10, noNaN: true })), { minLength: 1 }),
        (samples) => {
          const figures = of(samples);
          const known = (key: keyof Gpu) =>
            samples.flatMap(([one]) => (Reflect.get(one, key) ?? []) as number[]).flat();
          const utilization = known("utilizationGpuPct");
          for (const value of [
            figures.utilizationMeanPct,
            figures.utilizationP50Pct,
            figures.utilizationP95Pct,
          ]) {
            if (utilization.length === 0) expect(value).toBeNull();
            else {
              expect(value).toBeGreaterThanOrEqual(Math.min(...utilization) - 1e-6);
              expect(value).toBeLessThanOrEqual(Math.max(...utilization) + 1e-6);
            }
          }
          if (utilization.length > 0)
            expect(figures.utilizationP50Pct).toBeLessThanOrEqual(figures.utilizationP95Pct ?? -1);
          const used = known("memoryUsedMiB");
          expect(figures.memoryPeakMiB).toBe(used.length === 0 ? null : Math.max(...used));
          if (figures.energyWh !== null) expect(figures.energyWh).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});

describe("a session", () => {
  const figures = (over: Partial<SessionFigures>): SessionFigures => ({ ...of([]), ...over });
  const session: Session = {
    id: "a",
    label: '=SUM(A1), "fast"',
    kind: "hand",
    startedAt: 0,
    endedAt: null,
    gpus: [
      figures({ energyWh: 1, memoryPeakMiB: 100, utilizationMeanPct: 50, seconds: 4 }),
      figures({ gpu: 1, energyWh: 2, memoryPeakMiB: 300, utilizationMeanPct: 100, seconds: 4 }),
    ],
  };

  test("REC-9 is one figure over its GPUs: energy adds up, the largest peak counts, unknown stays unknown", () => {
    expect(Object.fromEntries(COMPARED.map((what) => [what, figureOf(session, what)]))).toEqual({
      utilization: 75,
      p50: null,
      p95: null,
      peak: 300,
      seconds: 4,
      temperature: null,
      highest: null,
      energy: 3,
    });
    expect(figureOf({ gpus: [] }, "energy")).toBeNull();
  });

  test("REC-9b leaves as CSV: a line for each GPU, empty cells for what is unknown, no formula for a spreadsheet", () => {
    const [header, first, second, end] = sessionsCsv([session]).split("\r\n");
    expect(header).toBe(
      "Session,Kind,Start,End,GPU_Index,Model,Seconds,GPU_Util_Mean(%),GPU_Util_P50(%),GPU_Util_P95(%),Mem_Peak(MiB),Mem_Total(MiB),Temp_Mean(C),Temp_Max(C),Energy(Wh)",
    );
    expect(first).toBe(`"'=SUM(A1), ""fast""",hand,1970-01-01T00:00:00.000Z,,0,A,4,50,,,100,24564,,,1`);
    expect(second?.endsWith(",300,24564,,,2")).toBe(true);
    expect(end).toBe("");
  });
});
