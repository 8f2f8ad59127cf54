import { describe, expect, test } from "vitest";
import { backendSeen } from "../../../../server/handover/backend-seen.ts";
import type { Lack } from "../../../../server/handover/model.ts";
import { postpone } from "../../../../server/handover/see.ts";
import { backendWith } from "../../../helpers/backend-with.ts";
import { card, holds, lack, pass, QUIET, START, settingsOf } from "./moments.ts";

const named = settingsOf({ onRequest: new Set(["comfyui", "forge", "a1111"]) });
const residents = (...mib: [number, number, number]) => [
  holds("comfyui", mib[0]),
  holds("forge", mib[1]),
  holds("ollama", mib[2]),
];

describe("for a job that waits", () => {
  test("HND-1 as few leave as suffice, of those whose owner allows it, and after it was announced", () => {
    const waits = card(residents(9000, 3000, 9000), { lacks: [lack(5000)] });
    const at = pass(START, 60, waits, named);
    expect(at.acts).toEqual(["31 release comfyui"]);
    expect(pass(START, 60, waits, settingsOf({})).acts).toEqual([]);
    const later = pass(pass(START, 60, card(residents(9000, 3000, 9000)), named), 30, waits, named);
    expect(later.acts).toEqual(["71 release comfyui"]);
  });

  test("HND-1 the longest idle leaves first, and nobody who is idle for less than 30 s", () => {
    const first = pass(
      START,
      20,
      card([holds("comfyui", 9000, { busy: true }), holds("forge", 9000)]),
      named,
    );
    const both = card([holds("comfyui", 9000), holds("forge", 9000)], { lacks: [lack(5000)] });
    expect(pass(first, 12, both, named).acts).toEqual(["31 release forge"]);
  });

  test("HND-1b a backend that was asked is left alone for 30 s, and nobody is asked where all are not enough", () => {
    const waits = card(residents(9000, 3000, 9000), { lacks: [lack(5000)] });
    expect(pass(START, 65, waits, named).acts).toEqual(["31 release comfyui", "61 release comfyui"]);
    const small = card(residents(3000, 3000, 15_000), { lacks: [lack(9000)] });
    expect(pass(START, 100, small, named).acts).toEqual([]);
  });

  test("HND-1 its own backend and its own process stay", () => {
    const own = card([holds("comfyui", 9000)], { lacks: [lack(5000, { backend: "comfyui" })] });
    expect(pass(START, 60, own, named).acts).toEqual([]);
    const process = card([holds("comfyui", 9000)], { lacks: [lack(5000, { pid: 10 })] });
    expect(pass(START, 60, process, named).acts).toEqual([]);
  });

  test("HND-2 what nobody can tell counts as busy", () => {
    for (const busy of [true, null]) {
      const waits = card([holds("comfyui", 9000, { busy })], { lacks: [lack(5000)] });
      expect(pass(START, 100, waits, named).acts).toEqual([]);
    }
  });
});

describe("between backends", () => {
  const settings = settingsOf({ home: "llm" });
  const free = [holds("llm", 14_000), holds("comfyui", 0)];
  const seenBefore = pass(START, 30, card([holds("llm", 0), holds("comfyui", 18_000)]), settings);

  test("HND-3 the idle one leaves for one that begins to work and lacks room, at once", () => {
    const at = pass(seenBefore, 30, card(free), settings);
    const busy = card([holds("llm", 14_000), holds("comfyui", 2000, { busy: true })]);
    expect(pass(at, 2, busy, settings).acts).toEqual(["61 release llm"]);
  });

  test("HND-1 HND-2b HND-3 a queue that only waits for room has not begun, and is no work that keeps its backend", () => {
    const at = pass(seenBefore, 30, card(free), settings);
    const gated = card(free, { lacks: [lack(9000, { backend: "comfyui" })] });
    expect(pass(at, 20, gated, settings).acts).toEqual(["71 release llm"]);
    // Between two prompts that nothing holds back it has begun.
    const queued = [holds("llm", 14_000), holds("comfyui", 400, { busy: true })];
    expect(pass(at, 2, card(queued), settings).acts).toEqual(["61 release llm"]);
    const seen = (state: object, lacks: readonly Lack[]) =>
      backendSeen(backendWith(state), {
        ...QUIET,
        lacks,
        away: new Set(),
        tellsBusyWhenAsked: false,
        parks: false,
      }).busy;
    const [own, others] = [lack(1, { backend: backendWith({}).id }), lack(1, { backend: "another" })];
    expect(seen({ busy: false, queue: 2 }, [others, own])).toBe(false);
    expect(seen({ busy: false, queue: 2 }, [others])).toBe(true);
    expect(seen({ busy: true, queue: 2 }, [own])).toBe(true);
  });

  test("HND-10c nobody leaves for one that gave way in mid-job, until it asks for its rest", () => {
    const away = [holds("llm", 14_000), holds("comfyui", 400, { busy: true, gaveWay: true })];
    const at = pass(seenBefore, 100, card(away), settings);
    expect(at.acts).toEqual([]);
    const asks = card(away, { lacks: [lack(9000, { backend: "comfyui" })] });
    expect(pass(at, 2, asks, settings).acts).toEqual(["131 release llm"]);
    const answers = card([holds("llm", 14_000, { busy: true }), ...away.slice(1)], { lacks: asks.lacks });
    expect(pass(at, 400, answers, settings).acts).toEqual([]);
  });

  test("HND-3 while the home is none of the backends there are, all is as without one", () => {
    const gone = settingsOf({ home: "forgotten" });
    const busy = card([holds("llm", 14_000), holds("comfyui", 2000, { busy: true })]);
    expect(pass(pass(seenBefore, 30, card(free), gone), 60, busy, gone).acts).toEqual([]);
    const waits = card(free, { lacks: [lack(12_000)] });
    expect(pass(START, 60, waits, gone).acts).toEqual([]);
    expect(pass(START, 60, waits, settings).acts).not.toEqual([]);
  });

  test("HND-3 nobody leaves for one that has room for what it was seen to hold", () => {
    const at = pass(START, 30, card([holds("llm", 14_000), holds("comfyui", 8000)]), settings);
    const busy = card([holds("llm", 14_000), holds("comfyui", 2000, { busy: true })]);
    expect(pass(at, 60, busy, settings).acts).toEqual([]);
  });

  test("HND-4 whoever was given the card keeps it for a turn", () => {
    const busy = card([holds("llm", 14_000), holds("comfyui", 2000, { busy: true })]);
    const given = pass(pass(seenBefore, 30, card(free), settings), 2, busy, settings);
    const rests = card([holds("llm", 2000, { busy: true }), holds("comfyui", 18_000)]);
    expect(pass(given, 120, rests, settings).acts).toEqual([
      "61 release llm",
      "121 release comfyui",
      "151 release comfyui",
      "181 release comfyui",
    ]);
  });

  test("HND-5 when the card has been quiet the home is loaded again, and who is in its way leaves first", () => {
    const away = card([holds("llm", 0, { canLoad: true }), holds("comfyui", 18_000)]);
    const at = pass(
      pass(START, 10, card([holds("llm", 14_000), holds("comfyui", 8000)]), settings),
      125,
      away,
      settings,
    );
    expect(at.acts).toEqual(["121 release comfyui"]);
    const empty = card([holds("llm", 0, { canLoad: true }), holds("comfyui", 500)]);
    expect(pass(at, 30, empty, settings).acts.slice(1)).toEqual(["136 load llm"]);
    const working = card([holds("llm", 0, { canLoad: true }), holds("comfyui", 500, { busy: true })]);
    expect(pass(at, 300, working, settings).acts.slice(1)).toEqual([]);
  });

  test("HND-6 who was idle for as many minutes as its owner says leaves", () => {
    const minutes = settingsOf({ idleReleaseMs: new Map([["forge", 300_000]]) });
    expect(pass(START, 310, card([holds("forge", 9000)]), minutes).acts).toEqual(["301 release forge"]);
    expect(pass(START, 400, card([holds("forge", 500)]), minutes).acts).toEqual([]);
  });

  test("HND-7 above the temperature nothing is loaded until it is cooler by some degrees", () => {
    const warm = settingsOf({ home: "llm", holdAboveC: 80 });
    const away = (hottestC: number) => card([holds("llm", 0, { canLoad: true })], { hottestC });
    const hot = pass(START, 300, away(81), warm);
    expect(pass(hot, 60, away(78), warm).acts).toEqual([]);
    expect(pass(hot, 60, away(77), warm).acts).toEqual(["301 load llm"]);
  });

  test("HND-8 “not now” puts off what is announced for ten minutes", () => {
    const waits = card(residents(9000, 3000, 9000), { lacks: [lack(5000)] });
    const told = pass(START, 25, waits, named);
    expect(told.decision).toMatchObject({ do: "nothing", next: { act: { backend: "comfyui" } } });
    const state = postpone(told.state, "comfyui", named, told.nowMs);
    expect(pass({ ...told, state }, 590, waits, named).acts).toEqual([]);
    expect(pass({ ...told, state }, 612, waits, named).acts).toEqual(["625 release comfyui"]);
  });

  test("HND-9 while somebody holds the card, or a release goes on, nothing is done", () => {
    const waits = (more: object) => card(residents(9000, 3000, 9000), { lacks: [lack(5000)], ...more });
    expect(pass(START, 100, waits({ held: true }), named).acts).toEqual([]);
    expect(pass(START, 100, waits({ underWay: true }), named).acts).toEqual([]);
  });
});

describe("a circle of waits", () => {
  const settings = settingsOf({ home: "llm" });
  const asks = lack(8000, { backend: "llm", from: "comfyui" });
  const middle = (more: object = {}) =>
    card([holds("llm", 0), holds("comfyui", 18_000, { busy: true })], { lacks: [asks], ...more });

  test("HND-10 a job that a working backend waits for is let go when nobody else could make room", () => {
    expect(pass(START, 15, middle(), settings).acts).toEqual(["10 let-go job"]);
    const forAnother = { ...asks, from: null };
    expect(pass(START, 400, middle({ lacks: [forAnother] }), settings).acts).toEqual([]);
  });

  test("HND-10 while another job could end it waits, 300 s at most", () => {
    const other = middle({ runningIn: ["comfyui", "forge"] });
    expect(pass(START, 305, other, settings).acts).toEqual(["300 let-go job"]);
  });

  test("HND-10b a backend's own next jobs wait for as long as there is no room", () => {
    const own = { ...asks, backend: null, from: "comfyui" };
    expect(pass(START, 400, middle({ lacks: [own] }), settings).acts).toEqual([]);
  });

  test("HND-10 a hold that waits for the end of what runs does not keep it", () => {
    expect(pass(START, 15, middle({ held: true }), settings).acts).toEqual(["10 let-go job"]);
  });
});

test("HND-2 nothing is decided before anything was seen", () => {
  expect(pass(START, 5, QUIET, settingsOf({ home: "llm" })).acts).toEqual([]);
});
