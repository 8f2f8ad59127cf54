import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { childrenCpuMs, meterChildrenCpu } from "../../../../server/sampling/children-cpu.ts";

const stat = (name: string, cutime: number, cstime: number) =>
  `42 (${name}) S 1 42 42 0 -1 4194560 100 200 0 0 11 12 ${cutime} ${cstime} 20 0 11 0 5000 1 2`;

test("SMP-14 CPU time of children is read from what Linux tells, whatever the process is called", () => {
  expect(childrenCpuMs(() => stat("node", 7, 3))).toBe(100);
  expect(childrenCpuMs(() => stat("a) S (b c", 7, 3))).toBe(100);
});

test("SMP-14 where it is not told it is unknown", () => {
  expect(childrenCpuMs(() => "nothing of the kind")).toBeNull();
  const missing = () => {
    throw new Error("ENOENT");
  };
  expect(childrenCpuMs(missing)).toBeNull();
  expect(meterChildrenCpu(() => null)()).toBeNull();
});

test("SMP-14 what is measured is what was added, rounded up", () => {
  const told = [100, 180];
  const spent = meterChildrenCpu(() => told.shift() ?? null);
  expect(spent()).toBe(90);
});

test.skipIf(process.platform !== "linux")("SMP-14 a child that has ended is in it", () => {
  const before = childrenCpuMs() ?? Number.NaN;
  execFileSync(process.execPath, [
    "-e",
    "const end = process.cpuUsage().user + 1e5; while (process.cpuUsage().user < end);",
  ]);
  expect((childrenCpuMs() ?? Number.NaN) - before).toBeGreaterThanOrEqual(90);
});
