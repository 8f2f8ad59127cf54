import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createLogFile } from "../../../../server/recording/log/log-file.ts";
import { TIMINGS } from "../../../../server/timings.ts";
import { waitUntil } from "../../../helpers/wait-until.ts";

let dir = "";
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const HEADER = "a,b";
/** All lines of the log and of the files put aside, without headers. */
const allLines = () =>
  readdirSync(dir).flatMap((name) =>
    readFileSync(join(dir, name), "utf8")
      .split("\n")
      .filter((line) => line !== "" && line !== HEADER),
  );
/** How many there are; `null`: a file was moved aside in the moment between its name and its content. */
function countLines(): number | null {
  try {
    return allLines().length;
  } catch {
    return null;
  }
}

test("REC-2 REC-3 two sidecars that write to one file lose no line and cut none", async () => {
  dir = mkdtempSync(join(tmpdir(), "gpu-panel-log-"));
  const troubles: unknown[] = [];
  const open = () =>
    createLogFile({
      path: join(dir, "gpu.csv"),
      header: HEADER,
      begins: `${HEADER}\n`,
      restMs: TIMINGS.recording.logRestMs,
      maxBytes: 500,
      keepDays: 30,
      onTrouble: (trouble) => troubles.push(trouble),
    });
  const logs = [open(), open()];
  const wanted: string[] = [];
  for (let i = 0; i < 300; i++) {
    for (const [n, log] of logs.entries()) {
      wanted.push(`${n},${i}`);
      log.write(`${n},${i}\n`);
    }
    // Not all in one write.
    if (i % 20 === 0) await waitUntil(() => countLines() === wanted.length, { what: "all lines" });
  }
  for (const log of logs) await log.close();
  expect(troubles).toEqual([]);
  expect(allLines().sort()).toEqual(wanted.sort());
  expect(readdirSync(dir).length).toBeGreaterThan(1);
});

test("REC-2 a new day, and a clock that is set back, begin a new file; none is written over", async () => {
  dir = mkdtempSync(join(tmpdir(), "gpu-panel-log-"));
  let now = Date.now();
  const log = createLogFile({
    path: join(dir, "gpu.csv"),
    header: HEADER,
    begins: `${HEADER}\n`,
    restMs: TIMINGS.recording.logRestMs,
    maxBytes: 1_000_000,
    keepDays: 30,
    onTrouble: () => {},
    nowMs: () => now,
  });
  const day = 86_400_000;
  const moves = [0, day, -day, day, -day, -20 * day, 20 * day];
  for (const [i, move] of moves.entries()) {
    now += move;
    log.write(`${i},x\n`);
    await waitUntil(() => allLines().includes(`${i},x`), { what: `line ${i}` });
  }
  await log.close();
  expect(allLines().sort()).toEqual(moves.map((_, i) => `${i},x`).sort());
});
