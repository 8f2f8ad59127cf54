import { expect, test } from "vitest";
import { createRowAge, parseStamp } from "../../../../server/sampling/row-age.ts";

const NOON = Date.UTC(2026, 10, 30, 12);
const HOUR = 3_600_000;

/** Rows that come at once, a second apart, so that it is known how quickly they come. */
function seen(aheadMs: number) {
  const age = createRowAge();
  const at = (comesMs: number, measuredMs: number) =>
    age(NOON + measuredMs + aheadMs, 5000 + comesMs, NOON + comesMs);
  return { age, at, ages: [0, 1000, 2000].map((ms) => at(ms, ms)) };
}

test("SMP-22 a row is as old as its time says, in whatever time zone that is written", () => {
  for (const zone of [0, 8 * HOUR, -3.5 * HOUR, 5.75 * HOUR]) {
    const { at, ages } = seen(zone);
    expect(ages).toEqual([0, 0, 0]);
    expect(at(3700, 3000)).toBe(700);
    expect(at(9000, 4000)).toBe(5000);
    expect(createRowAge()(NOON + zone, 5000, NOON + 300)).toBe(300);
  }
});

test("SMP-22 a clock of another machine makes no row old: one counts as late that is later than the others", () => {
  for (const ahead of [40_000, -40_000]) {
    const { at, ages } = seen(ahead);
    expect(ages).toEqual([0, 0, 0]);
    expect(at(3700, 3000)).toBe(700);
  }
});

test("SMP-22 a clock that is set makes no row old for good", () => {
  const { age } = seen(0);
  expect(age(NOON + 3000 - HOUR, 8000, NOON + 3000 - HOUR)).toBe(0);
  expect(age(null, 9000, NOON)).toBe(0);
  // By a few seconds, as a time server does it: the rows after that are of now, and one that is late is still found out.
  const { age: later } = seen(0);
  const put = -5000;
  for (const ms of [3000, 4000, 5000]) expect(later(NOON + ms + put, 5000 + ms, NOON + ms + put)).toBe(0);
  expect(later(NOON + 6000 + put, 5000 + 6700, NOON + 6700 + put)).toBe(700);
});

test("SMP-22 the time of a row is read, and nothing else is taken for one", () => {
  expect(parseStamp("2026/11/30 12:00:00.250")).toBe(NOON + 250);
  for (const cell of ["", "[N/A]", "Tue Aug 31 11:37:40 2021", undefined])
    expect(parseStamp(cell)).toBeNull();
});
