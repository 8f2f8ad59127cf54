import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createAlertLog } from "../../../../server/health/alert-log.ts";
import { createAlerts } from "../../../../server/health/alerts.ts";
import type { Finding } from "../../../../server/health/evaluate.ts";
import { TIMINGS } from "../../../../server/timings.ts";

let dir = "";
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const NONE = { began: [], renewed: [], ended: [] };
const found = (rule: Finding["rule"], gpu: string): Finding => ({
  rule,
  gpu,
  severity: "critical",
  sinceMs: 0,
  params: { gpu: 3, percent: 99 },
});

test("HLT-6c a GPU that is still off the bus after a restart is not told to be well, but when it is back", () => {
  dir = mkdtempSync(join(tmpdir(), "gpu-panel-alerts-"));
  const log = () => createAlertLog(dir, () => {});
  let nowMs = 1_790_000_000_000;
  const before = createAlerts(log(), () => nowMs, TIMINGS.health.carriedMs);
  before.apply(
    { ...NONE, began: [found("gpu-lost", "GPU-3"), found("vram-red-line", "GPU-0")] },
    nowMs,
    () => 3,
  );

  const after = createAlerts(log(), () => nowMs, TIMINGS.health.carriedMs);
  const news: string[] = [];
  after.onNews(({ kind, alert }) => news.push(`${kind} ${alert.rule}`));
  const onlyGpu0 = (uuid: string) => (uuid === "GPU-0" ? 0 : undefined);
  nowMs += 600_000;
  after.apply(NONE, nowMs, onlyGpu0);
  // GPU 0 is there and no longer full; nobody has seen GPU 3.
  expect(news).toEqual(["ended vram-red-line"]);
  expect(after.list().map(({ rule }) => rule)).toEqual(["gpu-lost"]);
  expect(after.acknowledge(after.list()[0]?.id ?? "", "me").ok).toBe(true);
  nowMs += 600_000;
  after.apply(NONE, nowMs, onlyGpu0);
  expect(after.list()).toHaveLength(1);
  after.apply(NONE, nowMs, () => 3);
  expect(news).toEqual(["ended vram-red-line", "ended gpu-lost"]);
  expect(after.list()).toEqual([]);
});
