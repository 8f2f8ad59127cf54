import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createAudit } from "../../../../server/release/audit.ts";
import type { ReleaseRecord } from "../../../../shared/release/record.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "audit-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const record = (n: number): ReleaseRecord => ({
  id: `release-${n}`,
  startedAt: 1_700_000_000_000 + n,
  finishedAt: 1_700_000_001_000 + n,
  requestedBy: "127.0.0.1",
  mode: "auto",
  state: n % 2 === 0 ? "done" : "failed",
  freedMiB: n % 3 === 0 ? null : n,
  gpus: [{ index: 0, beforeMiB: n, afterMiB: null, freedMiB: null }],
  parts: [{ backend: "comfyui", state: "done", freedMiB: n, problem: null }],
  problem: n % 2 === 0 ? null : "nothing-freed",
});
const records = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => record(from + i));
const file = (folder = root) => join(folder, "releases.jsonl");

function open(folder = root) {
  const complaints: string[] = [];
  const audit = createAudit(folder, (message) => complaints.push(message));
  return { audit, complaints };
}

describe("what is kept", () => {
  test("REL-15 the newest 50 come first, in the run that wrote them and in every one after it", () => {
    let { audit, complaints } = open(join(root, "a", "b"));
    expect(audit.recent()).toEqual([]);
    for (const one of records(0, 30)) audit.append(one);
    ({ audit, complaints } = open(join(root, "a", "b")));
    expect(audit.recent()).toEqual(records(0, 30).toReversed());
    for (const one of records(30, 75)) audit.append(one);
    expect(audit.recent()).toEqual(records(25, 75).toReversed());
    expect(open(join(root, "a", "b")).audit.recent()).toEqual(records(25, 75).toReversed());
    expect(
      readFileSync(file(join(root, "a", "b")), "utf8")
        .trimEnd()
        .split("\n"),
    ).toHaveLength(75);
    expect(complaints).toEqual([]);
  });

  test("REL-15 it is for this user alone", () => {
    const { audit } = open(join(root, "data"));
    audit.append(record(1));
    expect(statSync(file(join(root, "data"))).mode & 0o777).toBe(0o600);
    expect(statSync(join(root, "data")).mode & 0o777).toBe(0o700);
  });

  test("REL-15 a list that was handed out does not change under its reader", () => {
    const { audit } = open();
    const before = audit.recent();
    audit.append(record(1));
    expect(before).toEqual([]);
  });
});

describe("what a crash leaves", () => {
  test("REL-15 a last line cut anywhere costs that one, and spoils neither what is before nor what comes after", () => {
    const whole = records(0, 3).map((one) => `${JSON.stringify(one)}\n`);
    const text = whole.join("");
    const lastLine = whole.at(-1)?.length ?? 0;
    for (const cut of [1, 2, 20, lastLine - 1, lastLine]) {
      writeFileSync(file(), text.slice(0, text.length - cut));
      const { audit } = open();
      // Without its line end alone the line is whole.
      const kept = cut === 1 ? records(0, 3) : records(0, 2);
      expect(audit.recent(), `${cut} cut`).toEqual(kept.toReversed());
      audit.append(record(7));
      audit.append(record(8));
      expect(open().audit.recent(), `${cut} cut`).toEqual([record(8), record(7), ...kept.toReversed()]);
    }
  });

  test("REL-15 lines that are no records are passed over, between records and alone", () => {
    const garbage = [
      "",
      "garbage",
      "{}",
      "[]",
      "null",
      '{"id":1}',
      "\u0000\u0001",
      JSON.stringify({ ...record(1), state: "calling" }),
    ];
    writeFileSync(file(), garbage.join("\n"));
    expect(open().audit.recent()).toEqual([]);
    const mixed = records(0, 40).flatMap((one, i) => [
      JSON.stringify(one),
      garbage[i % garbage.length] ?? "",
    ]);
    writeFileSync(file(), `${mixed.join("\n")}\n`);
    expect(open().audit.recent()).toEqual(records(0, 40).toReversed());
  });

  test("REL-15 a record of a later version with more in it is read all the same", () => {
    writeFileSync(file(), `${JSON.stringify({ ...record(2), jobs: [1] })}\n`);
    expect(open().audit.recent()).toEqual([record(2)]);
  });
});

describe("what cannot be written", () => {
  test("REL-15 a folder that cannot be made is told once, and the run's own releases are still shown", () => {
    writeFileSync(join(root, "taken"), "");
    const { audit, complaints } = open(join(root, "taken", "data"));
    for (const one of records(0, 3)) audit.append(one);
    expect(audit.recent()).toEqual(records(0, 3).toReversed());
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toContain(file(join(root, "taken", "data")));
    expect(complaints[0]).toContain("--data-dir");
  });

  test("REL-15 a file that cannot be read is told of, too, and ends nothing", () => {
    mkdirSync(file());
    const { audit, complaints } = open();
    expect(audit.recent()).toEqual([]);
    audit.append(record(1));
    expect(audit.recent()).toEqual([record(1)]);
    expect(complaints).toHaveLength(1);
  });

  test("REL-15 a read-only folder is told once; when it can be written again, it is", () => {
    const isRoot = process.getuid?.() === 0;
    const nobody = 65_534;
    try {
      // Root may write everywhere.
      if (isRoot) {
        chownSync(root, nobody, nobody);
        process.seteuid?.(nobody);
      }
      const { audit, complaints } = open();
      chmodSync(root, 0o500);
      audit.append(record(1));
      audit.append(record(2));
      expect(audit.recent()).toEqual([record(2), record(1)]);
      expect(complaints).toHaveLength(1);
      chmodSync(root, 0o700);
      audit.append(record(3));
      expect(open().audit.recent()).toEqual([record(3), record(2), record(1)]);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  test("REL-15 a folder that comes back is written again, with what it missed", () => {
    const { audit, complaints } = open(join(root, "mount"));
    writeFileSync(join(root, "mount"), "");
    audit.append(record(1));
    rmSync(join(root, "mount"));
    audit.append(record(2));
    expect(complaints).toEqual([complaints[0], expect.stringContaining("again")]);
    expect(open(join(root, "mount")).audit.recent()).toEqual([record(2), record(1)]);
  });
});

describe("rotation", () => {
  const LARGE = 8 * 1024 * 1024 + 1;

  test("REL-15 a file that has grown large is put aside whole, and the next record begins a new one", () => {
    const filler = `${" ".repeat(1023)}\n`.repeat(Math.ceil(LARGE / 1024));
    const old = `${filler}${JSON.stringify(record(1))}\n`;
    writeFileSync(file(), old);
    const { audit, complaints } = open();
    audit.append(record(2));
    audit.append(record(3));
    expect(readFileSync(join(root, "releases.1.jsonl"), "utf8")).toBe(old);
    expect(
      readFileSync(file(), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([record(2), record(3)]);
    expect(audit.recent()).toEqual([record(3), record(2), record(1)]);
    expect(complaints).toEqual([]);
  });

  test("REL-15 a restart after it still shows the newest 50, those in the file put aside among them", () => {
    const lines = records(0, 60).map((one) => `${JSON.stringify(one)}\n`);
    writeFileSync(file(), `${" ".repeat(LARGE)}\n`);
    appendFileSync(file(), lines.join(""));
    open().audit.append(record(60));
    expect(open().audit.recent()).toEqual(records(11, 61).toReversed());
  });
});
