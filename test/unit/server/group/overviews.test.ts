import * as v from "valibot";
import { expect, test } from "vitest";
import { createOverviews } from "../../../../server/group/overviews.ts";
import { type OverviewAnswer, toldOverviewSchema } from "../../../../shared/protocol/group-overview.ts";
import type { GroupView } from "../../../../shared/protocol/group-view.ts";
import { patched } from "../../../../shared/protocol/json-diff.ts";

const START = 1_800_000_000_000;

test("GRP-11d who names the overview that it has gets what changed since; who names none, or an old one, gets it all", () => {
  let now = 0;
  let made = 0;
  const view = (): GroupView => {
    made++;
    const host = (id: string, status: "live" | "stale") => ({
      ...{ id, name: id, address: "", status, seenAt: START, state: null },
    });
    return {
      group: "lab",
      problem: null,
      hosts: [host("a", "live"), host("b", now < 2000 ? "live" : "stale")],
    };
  };
  const overviews = createOverviews({ view, nowMs: () => now, wallMs: () => START + now });
  const wholeOf = (answer: OverviewAnswer) => v.parse(toldOverviewSchema, answer);
  const first = overviews.answer(null);
  expect(wholeOf(first).hosts.map(({ id, status }) => [id, status])).toEqual([
    ["a", "live"],
    ["b", "live"],
  ]);
  // Of the same second it is the same, however many ask.
  expect(overviews.answer(null, first.n)).toEqual({ n: first.n, changes: {} });
  expect(made).toBe(1);
  now = 2000;
  const next = overviews.answer(null, first.n);
  const after = overviews.answer(null);
  expect([made, next.n, overviews.answer(null, first.n)]).toEqual([2, after.n, next]);
  if (!("changes" in next)) throw new Error("it was told as a whole");
  expect(Object.keys(next.changes)).toEqual(["hosts"]);
  expect(patched(wholeOf(first), next.changes)).toEqual(wholeOf(after));
  // Of another profile, of a run before this one, or too old.
  for (const since of [first.n, 7]) expect(overviews.answer("wan", since)).toHaveProperty("hosts");
  for (let i = 0; i < 9; i++) {
    now += 1000;
    overviews.answer(null);
  }
  expect(overviews.answer(null, first.n)).toHaveProperty("hosts");
});
