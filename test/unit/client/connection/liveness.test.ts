import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLiveness } from "../../../../client/connection/liveness.ts";
import type { ConnectionStatus } from "../../../../client/connection/source.ts";
import type { SourceState } from "../../../../shared/protocol/state.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const sampling = (more: Partial<SourceState> = {}): SourceState => ({
  ...{ kind: "nvidia-smi", status: "live", problem: null, demoReason: null, intervalMs: 1000 },
  driverVersion: null,
  ...more,
});

function start(isVisible: () => boolean | null = () => true) {
  const told: ConnectionStatus[] = [];
  return { told, liveness: createLiveness(isVisible, (status) => told.push(status)) };
}

test("PNL-3 figures are stale when nothing has come for 3 intervals and 2 s, and live again with the next turn", () => {
  const { told, liveness } = start();
  liveness.turn([1, 1000], sampling());
  vi.advanceTimersByTime(4999);
  expect(told).toEqual(["live"]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual(["live", "stale"]);
  liveness.turn([2, 7000], undefined);
  expect(told).toEqual(["live", "stale", "live"]);
});

test("PNL-3 nothing is stale that is not awaited: on a hidden page, or of a source that has failed", () => {
  for (const [isVisible, source] of [
    [() => false, sampling()],
    [() => true, sampling({ status: "failed" })],
  ] as const) {
    const { told, liveness } = start(isVisible);
    liveness.turn([1, 1000], source);
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual(["live"]);
  }
});
