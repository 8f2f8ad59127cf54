import { expect, test } from "vitest";
import { steady } from "../../../../client/panel/concurrency/use-steady.ts";

const moment = (canStart: number | null, names = "") => ({ canStart, names });

test("CAP-35 room that falls is shown at once, room that rises once it has stood for five seconds, with the names of the same moment", () => {
  let kept = steady({ key: "", slots: [] }, "a", [moment(2, "A, B")], 0);
  const shown = (canStart: number | null, names: string, now: number, key = "a") => {
    kept = steady(kept, key, [moment(canStart, names)], now);
    return kept.slots[0]?.shown;
  };
  expect(shown(1, "A", 1000)).toEqual(moment(1, "A"));
  expect(shown(2, "A, B", 2000)).toEqual(moment(1, "A"));
  // What falls and rises again has to stand anew.
  expect(shown(3, "A, B, C", 6000)).toEqual(moment(1, "A"));
  expect(shown(3, "A, B, C", 10_999)).toEqual(moment(1, "A"));
  expect(shown(3, "A, B, C", 11_000)).toEqual(moment(3, "A, B, C"));
  // Not known before, or of another kind of job: as it is.
  expect(shown(null, "", 12_000)).toEqual(moment(null));
  expect(shown(4, "D", 13_000)).toEqual(moment(4, "D"));
  expect(shown(9, "E", 14_000, "b")).toEqual(moment(9, "E"));
});
