import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openKernelLog } from "../../../../server/health/kernel-log.ts";

const folder = mkdtempSync(join(tmpdir(), "kernel-log-"));
const file = join(folder, "kern.log");
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const line = (busId: string, code: number) =>
  `Nov 21 14:03:07 gpu-host kernel: [ 1234.5] NVRM: Xid (PCI:${busId}): ${code}, pid=77, name=python, GPU has fallen off the bus.\n`;

test("HLT-11 only what is written from now on is read, whole lines only, also after the log was rotated or emptied", () => {
  writeFileSync(file, line("0000:01:00", 13));
  const log = openKernelLog([join(folder, "missing.log"), file]);
  expect(log.read()).toEqual([]);
  appendFileSync(file, `kernel: usb 1-1: new device\n${line("0000:02:00", 79)}`);
  expect(log.read()).toEqual([{ busId: "0000:02:00", code: 79 }]);
  expect(log.read()).toEqual([]);
  const cut = line("0000:03:00", 48);
  appendFileSync(file, cut.slice(0, 70));
  expect(log.read()).toEqual([]);
  appendFileSync(file, cut.slice(70));
  expect(log.read()).toEqual([{ busId: "0000:03:00", code: 48 }]);
  appendFileSync(file, line("0000:04:00", 31));
  renameSync(file, `${file}.1`);
  writeFileSync(file, line("0000:05:00", 94));
  expect(log.read()).toEqual([
    { busId: "0000:04:00", code: 31 },
    { busId: "0000:05:00", code: 94 },
  ]);
  writeFileSync(file, line("0000:06:00", 8));
  expect(log.read()).toEqual([{ busId: "0000:06:00", code: 8 }]);
  log.close();
  expect(log.read()).toEqual([]);
});

test("HLT-11 what only looks like an Xid is none, and without a log there is nothing to say", () => {
  const other = mkdtempSync(join(tmpdir(), "kernel-log-"));
  try {
    const path = join(other, "kern.log");
    writeFileSync(path, "");
    const log = openKernelLog([path]);
    appendFileSync(
      path,
      "user: NVRM: Xid (PCI:evil): 79\nNVRM: Xid (PCI:0000:01:00): 123456\nNVRM: Xid 79\n",
    );
    expect(log.read()).toEqual([]);
    log.close();
    expect(openKernelLog([join(other, "none")]).read()).toEqual([]);
    expect(openKernelLog([other]).read()).toEqual([]);
  } finally {
    rmSync(other, { recursive: true });
  }
});
