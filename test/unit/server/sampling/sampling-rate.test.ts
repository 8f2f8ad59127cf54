import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createSamplingRate } from "../../../../server/sampling/sampling-rate.ts";

const timings = { idleIntervalMs: 5000, fastIntervalMs: 1000, lingerMs: 15_000 };
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start(intervalMs: number) {
  const applied: number[] = [];
  const rate = createSamplingRate({ intervalMs, timings }, (ms) => applied.push(ms));
  return { rate, now: () => applied.at(-1) };
}

test("SMP-10c after the last viewer has gone the rate stays for a moment, in which one may come back", () => {
  const { rate, now } = start(200);
  rate.setWatched(true);
  expect(now()).toBe(200);
  rate.setWatched(false);
  expect(now()).toBe(200);
  vi.advanceTimersByTime(timings.lingerMs - 1);
  rate.setWatched(true);
  vi.advanceTimersByTime(timings.lingerMs);
  expect(now()).toBe(200);
  rate.setWatched(false);
  vi.advanceTimersByTime(timings.lingerMs);
  expect(now()).toBe(5000);
});

test("SMP-10d held fast it is a sample a second at least, watched or not, until every hold has ended, each once", () => {
  const { rate, now } = start(10_000);
  const ends = [rate.holdFast(), rate.holdFast()];
  expect(now()).toBe(1000);
  ends[0]?.();
  ends[0]?.();
  expect(now()).toBe(1000);
  ends[1]?.();
  expect(now()).toBe(10_000);
});
