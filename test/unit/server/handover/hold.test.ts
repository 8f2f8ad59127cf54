import { expect, test } from "vitest";
import {
  beginHold,
  HOLD_TIMES,
  type Hold,
  type HoldSeen,
  holdAfter,
} from "../../../../server/handover/hold.ts";

const MINUTE = 60_000;
const IDLE: HoldSeen = { works: false, utilizationPct: 0, isWanted: false };
const begun = { ...beginHold(null, "me", 0), isAsked: true };

/** How many minutes it lasts from its beginning, while everything stays the same. */
function lasts(seen: HoldSeen, from: Hold = begun): number {
  let hold: Hold | null = from;
  for (let minute = 0; minute < 1000; minute++) {
    hold = holdAfter(hold, seen, HOLD_TIMES, minute * MINUTE);
    if (hold === null) return minute;
  }
  return Number.POSITIVE_INFINITY;
}

test.each([
  ["an idle card", IDLE, 15],
  ["an idle card for which somebody waits", { ...IDLE, isWanted: true }, 2],
  ["a card that tells no utilization", { ...IDLE, utilizationPct: null }, 15],
  ["a game", { ...IDLE, utilizationPct: 70, isWanted: true }, 240],
] as const)("HND-22 %s is held for %o: %i minutes", (_, seen, minutes) => {
  expect(lasts(seen)).toBe(minutes);
});

test("HND-20 it takes effect when what runs has ended, and not before that is known", () => {
  const works = holdAfter(begun, { ...IDLE, works: true }, HOLD_TIMES, MINUTE);
  expect(works?.activeMs).toBe(null);
  expect(holdAfter(works ?? begun, IDLE, HOLD_TIMES, 2 * MINUTE)?.activeMs).toBe(2 * MINUTE);
  expect(holdAfter({ ...begun, isAsked: false }, IDLE, HOLD_TIMES, MINUTE)?.activeMs).toBe(null);
  expect(lasts({ ...IDLE, works: true })).toBe(240);
});

test("HND-22 whoever asks anew goes on holding it", () => {
  const active = holdAfter(begun, IDLE, HOLD_TIMES, 0) ?? begun;
  const anew = beginHold(active, "another", 10 * MINUTE);
  expect(anew.by).toBe("me");
  expect(lasts(IDLE, anew)).toBe(25);
});
