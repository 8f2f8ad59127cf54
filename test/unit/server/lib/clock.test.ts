import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTime } from "../../../../server/lib/clock.ts";

const SERVER = new URL("../../../../server/", import.meta.url).pathname;

function clocks() {
  let [wall, steady] = [1_800_000_000_000, 50];
  const time = createTime(
    () => steady,
    false,
    () => wall,
  );
  return {
    time,
    pass(ms: number) {
      wall += ms;
      steady += ms;
    },
    set(ms: number) {
      wall += ms;
    },
    wall: () => wall,
  };
}

test("TIME-1 durations go on over a wall clock that is set, and stamps are of the moment", () => {
  const { time, pass, set, wall } = clocks();
  const before = time.nowMs();
  pass(5000);
  expect(time.jumped()).toBe(false);
  expect(time.wallOf(time.nowMs())).toBe(wall());
  set(3_600_000);
  pass(1000);
  expect(time.jumped()).toBe(true);
  expect(time.jumped()).toBe(false);
  expect(time.nowMs() - before).toBe(6000);
  expect(time.wallOf(time.nowMs())).toBe(wall());
  set(-7_200_000);
  expect(time.jumped()).toBe(true);
  expect(time.wallOf(time.nowMs())).toBe(wall());
  set(500);
  expect(time.jumped()).toBe(false);
});

test("TIME-1 the time of a recording is its own", () => {
  let tMs = 7000;
  const time = createTime(() => tMs, true);
  tMs += 1000;
  expect([time.startMs, time.nowMs(), time.epochMs(), time.jumped()]).toEqual([0, 8000, 0, false]);
});

test("TIME-2 one file reads the system's clocks", () => {
  const files = readdirSync(SERVER, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  const readers = files.filter((file) =>
    /\b(?:Date\.now|performance\.now|process\.hrtime)\b|new Date\(\)/.test(
      readFileSync(join(SERVER, file), "utf8"),
    ),
  );
  expect(readers).toEqual(["lib/clock.ts"]);
});
