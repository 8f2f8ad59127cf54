import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { cpuMsOf } from "../../../../server/sampling/cpu-time.ts";

test("SMP-14d the CPU time of a shell's children is read as each shell writes it, rounded up", () => {
  expect(cpuMsOf("0m0.010000s 0m0.020000s\n1m0.050000s 0m0.030000s\n")).toBe(60_100);
  expect(cpuMsOf("0m0.002s 0m0.000s\n0m0.040s 0m0.002s\n")).toBe(62);
  expect(cpuMsOf("0m0.00s 0m0.00s\n0m0.00s 0m0.00s\n")).toBe(20);
});

test("SMP-14d where it is not told it is unknown", () => {
  for (const text of ["", "nothing of the kind", "0m0.1s 0m0.2s\n", "0m0.1s 0m0.2s\n0m0.1s"])
    expect(cpuMsOf(text)).toBeNull();
});

test.skipIf(process.platform === "win32")("SMP-14 this machine's shell tells what a child took", () => {
  const burn = "const end = process.cpuUsage().user + 2e5; while (process.cpuUsage().user < end);";
  const printed = execFileSync("/bin/sh", ["-c", '"$@"; times', "sh", process.execPath, "-e", burn], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
  });
  expect(cpuMsOf(printed)).toBeGreaterThanOrEqual(190);
});
