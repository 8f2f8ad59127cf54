import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { scaleTimings, TIMINGS } from "../../../server/timings.ts";

const UNITS = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };

test("the table of waiting times has each of them, with its value", () => {
  const rows = readFileSync("docs/timings.md", "utf8").matchAll(/^\| `([\w.]+)` \| (\d+) (ms|s|min|h) \|/gm);
  const told = new Map<string, number>();
  for (const [, name = "", count, unit] of rows) {
    told.set(name, Number(count) * (Object.entries(UNITS).find(([key]) => key === unit)?.[1] ?? Number.NaN));
  }
  const real = Object.entries(TIMINGS).flatMap(([group, times]) =>
    Object.entries(times).map(([key, ms]) => [`${group}.${key}`, ms] as const),
  );
  expect(told).toEqual(new Map(real));
});

test("scaled, everything is shorter by the factor, and patience never below six seconds", () => {
  const scaled = scaleTimings(TIMINGS, 5);
  expect(scaled.sampling.idleIntervalMs).toBe(TIMINGS.sampling.idleIntervalMs / 5);
  expect(scaled.release.jobLimitMs).toBe(TIMINGS.release.jobLimitMs / 5);
  expect(scaled.patience.queryMs).toBe(6000);
  expect(scaled.patience.killMs).toBe(TIMINGS.patience.killMs);
  expect(scaleTimings(TIMINGS, 1)).toEqual(TIMINGS);
});
