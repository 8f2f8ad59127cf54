import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isoTime } from "../../../../../server/recording/log/iso-time.ts";
import { dayOrderOf, parseTime } from "../../../../../server/sampling/replay/parse-time.ts";

const AT = new Date(2026, 2, 4, 15, 6, 7, 890).getTime();
const SECOND = new Date(2026, 2, 4, 15, 6, 7).getTime();

describe("REC-5 times in a log", () => {
  test.each([
    ["2026/03/04 15:06:07.890", AT],
    ["2026-03-04 15:06:07.890", AT],
    ["2026-03-04T15:06:07", SECOND],
    ["2026/3/4 15:06:07", SECOND],
    ["2026.03.04 15:06:07,890", AT],
    ["04.03.2026 15:06:07", SECOND],
    ["03/04/2026 3:06:07 PM", SECOND],
    ["3/4/2026, 3:06:07 pm", SECOND],
    ["03/04/2026 12:06:07 AM", new Date(2026, 2, 4, 0, 6, 7).getTime()],
    ["31/03/2026 15:06:07", new Date(2026, 2, 31, 15, 6, 7).getTime()],
    ["2026-03-04T15:06:07.890+08:00", Date.UTC(2026, 2, 4, 7, 6, 7, 890)],
    ["2026-03-04T15:06:07.890Z", Date.UTC(2026, 2, 4, 15, 6, 7, 890)],
    [" 2026/03/04 15:06:07.890 ", AT],
  ])("REC-5 reads %s", (text, expected) => {
    expect(parseTime(text)).toBe(expected);
  });

  test.each([
    "",
    "[N/A]",
    "2026/13/04 15:06:07",
    "2026/02/30 15:06:07",
    "2026/03/04 25:06:07",
    "2026/03/04",
    "15:06:07",
    "tomorrow",
  ])("REC-5 %j is no time", (text) => {
    expect(parseTime(text)).toBeNull();
  });

  test("REC-5 day and month stand as the rest of the file has them", () => {
    expect(dayOrderOf("31/03/2026 15:06:07")).toBe("day-first");
    expect(dayOrderOf("03/31/2026 15:06:07")).toBe("month-first");
    expect(dayOrderOf("03/04/2026 15:06:07")).toBeNull();
    expect(parseTime("04/03/2026 15:06:07", "day-first")).toBe(SECOND);
    expect(parseTime("03/04/2026 15:06:07", "month-first")).toBe(SECOND);
  });

  test("REC-5 what our own log writes is read back to the millisecond", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (ms) => {
        expect(parseTime(isoTime(ms))).toBe(ms);
      }),
    );
  });

  test("REC-5 no text makes it throw", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const at = parseTime(text);
        expect(at === null || Number.isFinite(at)).toBe(true);
      }),
    );
  });
});
