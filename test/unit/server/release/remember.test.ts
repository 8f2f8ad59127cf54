import { expect, test } from "vitest";
import { remember } from "../../../../server/release/remember.ts";

test("fifty are remembered, those that were added last", () => {
  const map = new Map<string, number>();
  for (let n = 0; n < 1000; n++) {
    remember(map, `new ${n}`, n);
    remember(map, "again and again", n);
  }
  expect([map.size, map.get("again and again"), map.has("new 999"), map.has("new 900")]).toEqual([
    50,
    999,
    true,
    false,
  ]);
});
