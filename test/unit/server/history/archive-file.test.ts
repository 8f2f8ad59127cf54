import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import Database from "libsql";
import { describe, expect, test } from "vitest";
import { createArchive } from "../../../../server/history/archive.ts";
import { LEVELS } from "../../../../server/history/levels.ts";
import { recentRows } from "../../../../server/history/recent-rows.ts";
import { numRuns } from "../../../helpers/seeds.ts";
import { DAY, feed, known, MINUTE, newFile, noDisk, open, pointsOf, START } from "./past-archive.ts";
import { gpuWith, handClocks, sampleOf } from "./past-samples.ts";

describe("on disk", () => {
  test("HIS-9 what was flushed is there after the end, to the last figure, and more is added to it", () => {
    const file = newFile();
    const clocks = handClocks(START);
    const first = open(file, clocks);
    feed(first.archive, clocks, [10, 20, 30]);
    first.archive.close();
    const second = open(file, clocks);
    feed(second.archive, clocks, [5]);
    const now = clocks.now().wallMs;
    for (const span of [MINUTE, 60 * MINUTE, 30 * DAY]) {
      const { memory } = pointsOf(second.archive, "G", now - span, now + 1000, now);
      expect(Math.max(...known(memory.max))).toBe(30);
      expect(Math.min(...known(memory.min))).toBe(5);
    }
    expect(first.said.concat(second.said)).toEqual([]);
    second.archive.close();
  });

  test("HIS-9 flushed in between or not, the answers are the same", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(1000), fc.boolean()), { minLength: 1, maxLength: 60 }),
        (steps) => {
          const clocks = handClocks(START);
          const kept = open(newFile(), clocks);
          const other = createArchive(noDisk, { longestIntervalMs: () => 5000, clocks: clocks.now });
          for (const [figure, flush] of steps) {
            for (const archive of [kept.archive, other])
              archive.append(sampleOf(gpuWith("G", { memoryUsedMiB: figure })));
            if (flush) kept.archive.flush();
            clocks.pass(figure * 10);
          }
          const now = clocks.now().wallMs;
          for (const span of [5 * MINUTE, 60 * MINUTE, DAY, 30 * DAY]) {
            expect(pointsOf(kept.archive, "G", now - span, now, now)).toEqual(
              pointsOf(other, "G", now - span, now, now),
            );
          }
          kept.archive.close();
        },
      ),
      { numRuns: numRuns(15) },
    );
  });

  test("HIS-10 a damaged file, or one whose tables are missing, is moved aside and begun anew, and that is said", () => {
    const bare = newFile();
    const sql = new Database(bare);
    sql.exec("PRAGMA user_version = 1");
    sql.close();
    const damaged = newFile();
    writeFileSync(damaged, "this is no database ".repeat(500));
    for (const file of [bare, damaged]) {
      const clocks = handClocks(START);
      const { archive, said, store } = open(file, clocks);
      expect(said.join()).toMatch(/cannot be used: .* moved to .*\.bad and history is begun anew/);
      feed(archive, clocks, [42]);
      archive.flush();
      expect(store.problem()).toBeNull();
      archive.close();
      const again = open(file, clocks);
      expect(known(pointsOf(again.archive, "G", START, START + MINUTE, START + MINUTE).memory.max)).toEqual([
        42,
      ]);
      again.archive.close();
      expect(readdirSync(join(file, "..")).some((name) => name.endsWith(".bad"))).toBe(true);
    }
  });

  test("HIS-10c a file of a newer version is left where it is, and history goes on in memory", () => {
    const file = newFile();
    const sql = new Database(file);
    sql.exec("PRAGMA user_version = 99");
    sql.close();
    const clocks = handClocks(START);
    const { archive, said, store } = open(file, clocks);
    feed(archive, clocks, [42]);
    for (let i = 0; i < 3; i++) archive.flush();
    expect(store.problem()).toMatchObject({ code: "data-newer" });
    expect(said).toEqual([expect.stringMatching(/newer version of the panel and is left as it is/)]);
    const now = clocks.now().wallMs;
    expect(known(pointsOf(archive, "G", now - MINUTE, now + 1000, now).memory.max)).toEqual([42]);
    archive.close();
    expect(readdirSync(join(file, "..")).filter((name) => name.endsWith(".bad"))).toEqual([]);
  });

  test("HIS-11 HIS-11b a file that another program holds is waited for: said once, nothing lost, nothing moved", () => {
    const file = newFile();
    const clocks = handClocks(START);
    const before = open(file, clocks);
    feed(before.archive, clocks, [100]);
    before.archive.close();
    const holder = new Database(file);
    holder.exec("BEGIN EXCLUSIVE");
    const { archive, said, store } = open(file, clocks);
    expect(store.problem()).toMatchObject({ code: "history-not-stored" });
    feed(archive, clocks, [200, 300]);
    for (let i = 0; i < 3; i++) archive.flush();
    const now = clocks.now().wallMs;
    expect(known(pointsOf(archive, "G", now - MINUTE, now + 1000, now).memory.max)).toEqual([200, 300]);
    expect(said).toHaveLength(1);
    holder.exec("COMMIT");
    holder.close();
    archive.flush();
    expect(store.problem()).toBeNull();
    expect(said).toHaveLength(2);
    expect(said[1]).toMatch(/is written to .* again/);
    // What was there before and what came meanwhile fall into the same block.
    const { memory } = pointsOf(archive, "G", now - MINUTE, now + 1000, now);
    expect(known(memory.max)).toEqual([100, 200, 300]);
    archive.close();
    const again = open(file, clocks);
    expect(known(pointsOf(again.archive, "G", now - MINUTE, now + 1000, now).memory.max)).toEqual([
      100, 200, 300,
    ]);
    again.archive.close();
    expect(readdirSync(join(file, "..")).filter((name) => name.endsWith(".bad"))).toEqual([]);
  });

  test("HIS-12 what is too old goes in small steps, but never soon after a start or when the clock was set", () => {
    const file = newFile();
    const clocks = handClocks(START);
    const { archive, store } = open(file, clocks);
    feed(archive, clocks, [1]);
    archive.flush();
    const left = (bucketMs: number) => store.read(bucketMs, "G", 0, START + 100 * DAY)?.length;
    expect(LEVELS.map(({ bucketMs }) => left(bucketMs))).toEqual([1, 1, 1, 1]);
    const flushFor = (minutes: number) => {
      for (let i = 0; i < minutes; i++) {
        clocks.pass(MINUTE);
        archive.flush();
      }
    };
    flushFor(5);
    clocks.set(START + 50 * DAY);
    flushFor(9);
    expect(LEVELS.map(({ bucketMs }) => left(bucketMs))).toEqual([1, 1, 1, 1]);
    clocks.set(START);
    flushFor(9);
    expect(LEVELS.map(({ bucketMs }) => left(bucketMs))).toEqual([1, 1, 1, 1]);
    flushFor(30);
    expect(LEVELS.map(({ bucketMs }) => left(bucketMs))).toEqual([0, 1, 1, 1]);
    archive.close();
  });

  test("HIS-9 the last 15 minutes by the second are there again as rows from before the first sample", () => {
    const file = newFile();
    const clocks = handClocks(START);
    const { archive } = open(file, clocks);
    feed(archive, clocks, [1024, null, 3072], { utilizationGpuPct: 50 });
    archive.close();
    clocks.pass(10_000);
    const again = open(file, clocks);
    const epochMs = clocks.now().wallMs;
    const rows = recentRows(again.archive, ["other", "G"], epochMs);
    expect(rows.map(({ seq }) => seq)).toEqual([-2, -1, 0]);
    expect(rows.map(({ values }) => values)).toEqual([
      [null, null, null, null, 1024, 50, null, null],
      [null, null, null, null, null, 50, null, null],
      [null, null, null, null, 3072, 50, null, null],
    ]);
    expect(rows.map(({ tMs }) => tMs)).toEqual([-13_000, -12_000, -11_000]);
    again.archive.close();
  });
});
