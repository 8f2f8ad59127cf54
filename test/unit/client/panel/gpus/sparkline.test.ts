import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { busyGpus } from "../../../../../client/panel/gpus/busy.ts";
import { sparkPaths } from "../../../../../client/panel/gpus/Sparkline.tsx";
import { shortName } from "../../../../../client/panel/gpus/short-name.ts";
import { temperatureTone } from "../../../../../client/panel/gpus/temperature-tone.ts";
import type { HistoryRow } from "../../../../../shared/history/row.ts";

const rows = fc
  .array(
    fc.record({ skip: fc.constantFrom(0, 0, 0, 2), value: fc.option(fc.nat({ max: 300 }), { nil: null }) }),
    { minLength: 1, maxLength: 100 },
  )
  .map((steps) => {
    let seq = 0;
    return steps.map(({ skip, value }): HistoryRow => {
      seq += 1 + skip;
      return { fromSeq: seq, seq, tMs: seq * 1000, count: 1, values: [value] };
    });
  });
const pointsOf = (path: string) =>
  [...path.matchAll(/([ML])([\d.-]+) ([\d.-]+)/g)].map(([, pen, x, y]) => ({
    pen,
    x: Number(x),
    y: Number(y),
  }));

describe("the sparkline", () => {
  test("HIS-3 a line is drawn between two samples exactly where both are known and none is missing between them", () => {
    fc.assert(
      fc.property(rows, (list) => {
        const now = list.at(-1)?.tMs ?? 0;
        const shown = list.filter(({ tMs }) => tMs >= now - 120_000);
        const pens = shown.flatMap((row, i) => {
          const before = shown[i - 1];
          if ((row.values[0] ?? null) === null) return [];
          const joined =
            before !== undefined && (before.values[0] ?? null) !== null && row.fromSeq === before.seq + 1;
          return [joined ? "L" : "M"];
        });
        expect(pointsOf(sparkPaths(list, 0, 100, now).line).map(({ pen }) => pen)).toEqual(pens);
      }),
    );
  });

  test("PNL-1 it stays within its frame, time goes to the right, and more stands higher", () => {
    fc.assert(
      fc.property(rows, (list) => {
        const now = list.at(-1)?.tMs ?? 0;
        const points = pointsOf(sparkPaths(list, 0, 100, now).line);
        const values = list
          .filter(({ tMs }) => tMs >= now - 120_000)
          .flatMap(({ values: [value] }) => value ?? []);
        for (const [i, { x, y }] of points.entries()) {
          expect(x).toBeGreaterThanOrEqual(points[i - 1]?.x ?? 0);
          expect(x).toBeLessThanOrEqual(120);
          expect(y).toBeGreaterThanOrEqual(1);
          expect(y).toBeLessThanOrEqual(23);
          if ((values[i] ?? 0) >= 100) expect(y).toBe(1);
          if (values[i] === 0) expect(y).toBe(23);
        }
      }),
    );
  });
});

test("REL-7 a GPU above a desktop's load is busy; unknown load is none", () => {
  const gpus = [0, 19, 20, 100, null].map((utilizationGpuPct, index) => ({ index, utilizationGpuPct }));
  expect(busyGpus(gpus)).toEqual(["GPU\u00a02\u00a0(20%)", "GPU\u00a03\u00a0(100%)"]);
});

test("PNL-2 an unknown temperature is not alarming, a high one is", () => {
  expect([null, 82, 83, 89, 90].map(temperatureTone)).toEqual(["muted", "", "up warm", "up warm", "up full"]);
  expect(shortName("/usr/bin/kwin_wayland")).toBe("kwin_wayland");
});
