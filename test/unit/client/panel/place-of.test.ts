import { expect, test } from "vitest";
import { roomEn } from "../../../../client/i18n/room/en.ts";
import { placeOf } from "../../../../client/panel/concurrency/verdict.ts";

test("where a job can start is told by number, and by how many where the numbers would fill the line", () => {
  const told = (indexes: number[]) => placeOf(indexes, roomEn.verdict);
  expect(told([4])).toBe("On GPU 4");
  expect(told([0, 2, 4, 6])).toBe("On GPU 0, 2, 4, 6");
  expect(told(Array.from({ length: 64 }, (_, i) => i))).toBe("On GPU 0–63");
  expect(told([0, 2, 4, 6, 8])).toBe("On 5 GPUs");
});
