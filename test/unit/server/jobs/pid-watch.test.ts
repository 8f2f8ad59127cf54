import { expect, test } from "vitest";
import { createPidWatch } from "../../../../server/jobs/pid-watch.ts";

test("CAP-24 a process that was seen here and is gone, or whose number another has, ends its job; one never seen proves nothing", () => {
  const starts = new Map<number, string>();
  const watch = createPidWatch((pid) => starts.get(pid) ?? null);
  expect(watch.hasGone("a", 7)).toBe(false);
  starts.set(7, "100");
  expect(watch.hasGone("a", 7)).toBe(false);
  expect(watch.hasGone("a", 7)).toBe(false);
  starts.set(7, "200");
  expect(watch.hasGone("a", 7)).toBe(true);
  starts.delete(7);
  expect(watch.hasGone("a", 7)).toBe(true);
  watch.forget("a");
  expect(watch.hasGone("a", 7)).toBe(false);
  // A job that tells another process begins anew.
  starts.set(8, "1");
  expect(watch.hasGone("a", 8)).toBe(false);
  expect(watch.hasGone("a", process.pid)).toBe(false);
});

test("CAP-24 of this machine's own processes the kernel tells", () => {
  const watch = createPidWatch();
  expect(watch.hasGone("a", process.pid)).toBe(false);
  expect(watch.hasGone("a", process.pid)).toBe(false);
});
