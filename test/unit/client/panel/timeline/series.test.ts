import { expect, test } from "vitest";
import { endNames, rangeOf, seriesPoints } from "../../../../../client/panel/timeline/series.ts";

const point = (tMs: number, vramGib: number | null) => ({
  tMs,
  vramGib,
  utilizationPct: 10 * tMs,
  temperatureC: 60 + tMs,
});
const gpus = [
  { index: 0, totalGib: 24, points: [point(1, 6), point(2, 12), point(3, 24)] },
  { index: 1, totalGib: 80, points: [point(1, 20), point(2, null), point(3, 40)] },
  { index: 2, totalGib: null, points: [point(1, 20), point(2, 20), point(3, 20)] },
];

test("PNL-7 unlike cards share the axis: VRAM in percent of each one's own, what is not known as a gap", () => {
  const points = seriesPoints(gpus, "vram");
  expect(points.map(({ values }) => values)).toEqual([
    [25, 25, null],
    [50, null, null],
    [100, 50, null],
  ]);
  expect(seriesPoints(gpus, "util").map(({ values }) => values)).toEqual([
    [10, 10, 10],
    [20, 20, 20],
    [30, 30, 30],
  ]);
  expect(seriesPoints([], "vram")).toEqual([]);
});

test("PNL-7b lowest, mean and highest are those of what is shown; a band reaches to its ends", () => {
  expect(rangeOf(seriesPoints(gpus, "vram"), 0)).toEqual({ min: 25, mean: 175 / 3, max: 100 });
  expect(rangeOf(seriesPoints(gpus, "vram"), 2)).toBeNull();
  const banded = [
    { index: 0, totalGib: 10, points: [{ ...point(1, 5), vramBand: [1, 9] as [number, number] }] },
  ];
  expect(rangeOf(seriesPoints(banded, "vram"), 0)).toEqual({ min: 10, mean: 50, max: 90 });
});

test("PNL-7 names at the ends of lines that would touch are told together", () => {
  const last = (values: (number | null)[]) => [{ tMs: 1, values, band: null, told: [] }];
  expect(endNames(last([80, 79, 20, null]), [0, 1, 2, 3], 200)).toEqual([
    { share: 1 - 0.8, indexes: [0, 1] },
    { share: 1 - 0.2, indexes: [2] },
  ]);
});
