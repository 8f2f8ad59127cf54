import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createFastMerge } from "../../../../server/sampling/merge-fast.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function merge() {
  const given: [number, string][] = [];
  const startMs = performance.now();
  const fast = createFastMerge<string>(
    () => 500,
    (value) => given.push([performance.now() - startMs, value]),
  );
  return { fast, given };
}

test("SMP-15 rows that come faster than half the interval are one sample, of the newest", () => {
  const { fast, given } = merge();
  fast.push("a");
  vi.advanceTimersByTime(100);
  fast.push("b");
  vi.advanceTimersByTime(100);
  fast.push("c");
  vi.advanceTimersByTime(2000);
  fast.push("d");
  expect(given).toEqual([
    [0, "a"],
    [500, "c"],
    [2200, "d"],
  ]);
});

test("SMP-15 what is held is told before what went wrong, and no more once it is closed", () => {
  const { fast, given } = merge();
  fast.push("a");
  fast.push("b");
  fast.flush();
  fast.flush();
  fast.push("c");
  fast.close();
  vi.advanceTimersByTime(2000);
  expect(given).toEqual([
    [0, "a"],
    [0, "b"],
  ]);
});
