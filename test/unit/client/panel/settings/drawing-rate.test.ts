import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { seldom } from "../../../../../client/panel/settings/drawing-rate.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("PNL-32 PNL-32b a page that draws every 5 s draws the first sample at once, then the newest every 5 s, and rests with them", () => {
  let drawn = 0;
  const notify = seldom(() => drawn++, 5000);
  for (let s = 0; s < 12; s++) {
    notify();
    vi.advanceTimersByTime(1000);
  }
  // At 0, 5 and 10 s.
  expect(drawn).toBe(3);
  vi.advanceTimersByTime(5000);
  expect(drawn).toBe(4);
  vi.advanceTimersByTime(60_000);
  expect([drawn, vi.getTimerCount()]).toEqual([4, 0]);
  notify();
  expect(drawn).toBe(5);
});
