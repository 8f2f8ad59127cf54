import { expect, test } from "vitest";
import type { LoggedAlert } from "../../../../server/health/alert-log.ts";
import { createCarried } from "../../../../server/health/carried.ts";
import { createMutes } from "../../../../server/health/mutes.ts";

test("HLT-6d a mute ends by itself, is forgotten then, and 0 minutes end it at once", () => {
  let now = 1000;
  const mutes = createMutes(new Map(), () => now);
  mutes.set("leak", 1);
  expect([mutes.until("leak"), mutes.dropOver(), mutes.list().length]).toEqual([61_000, false, 1]);
  now = 61_000;
  expect([mutes.until("leak"), mutes.list()]).toEqual([null, []]);
  expect([mutes.dropOver(), mutes.dropOver()]).toEqual([true, false]);
  mutes.set("leak", 1);
  expect(mutes.set("leak", 0).until).toBe(61_000);
  expect(mutes.until("leak")).toBe(null);
});

const alertOf = (rule: LoggedAlert["rule"], subject: string | null): LoggedAlert => ({
  ...{ id: rule, rule, severity: "warning", since: 0, message: "", advice: "", params: {} },
  ...{ acknowledged: false, mutedUntil: null, endedAt: null, acknowledgedBy: null, subject, told: true },
});

test("HLT-6c what was open before the start is over when it is not found again in time, and not before", () => {
  const carried = createCarried([alertOf("leak", "GPU-a"), alertOf("gpu-lost", "GPU-b")], 1000);
  const isThere = (uuid: string) => (uuid === "GPU-a" ? 0 : undefined);
  expect(carried.drop(999, new Map(), isThere)).toEqual({ over: [], lost: [] });
  const { over, lost } = carried.drop(1000, new Map(), isThere);
  expect([over.map(([key]) => key), lost.map(([key]) => key)]).toEqual([["leak GPU-a"], ["gpu-lost GPU-b"]]);
  // The lost one is back.
  expect(carried.drop(2000, new Map(lost), () => 0).over.map(([key]) => key)).toEqual(["gpu-lost GPU-b"]);
});
