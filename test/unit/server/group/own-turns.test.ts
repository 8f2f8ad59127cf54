import fc from "fast-check";
import { expect, test } from "vitest";
import type { Entry } from "../../../../server/group/entry.ts";
import { createGroupHosts } from "../../../../server/group/group-hosts.ts";
import { createOwnTurns } from "../../../../server/group/own-turns.ts";
import { difference, type Json } from "../../../../shared/protocol/json-diff.ts";
import { VIEW_PARTS, type View } from "../../../../shared/protocol/view.ts";

const NO_CAPACITY = { profile: "p", perGpu: [], recommendedMax: null, canStart: null };
const timings = { wholeMs: 10_000, capacityMs: 5000, beatMs: 1000 };
const emptyView = (): View => {
  const view = Object.fromEntries(VIEW_PARTS.map((part) => [part, null]));
  return { ...EMPTY, ...view };
};
const EMPTY: View = {
  ...{ source: null, host: null, details: null, processMiB: null, promises: null, fits: null, runs: null },
  ...{ profiles: null, backends: null, found: null, release: null, handover: null, alerts: null, jobs: null },
};

/** What happens to a turn on its way: it arrives, Redis is away, or it is taken and then lost. */
const fate = fc.constantFrom("arrives", "arrives", "arrives", "refused", "lost");
const part = fc.constantFrom("jobs", "alerts", "source", "fits");
const value = fc.jsonValue({ maxDepth: 2 });
const step = fc.record({ fate, part, value, waitMs: fc.constantFrom(0, 1000, 4000, 11_000) });

test("GRP-2b GRP-2 whatever is lost on the way, another host has the view of now once it has read what is kept", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const hosts = createGroupHosts({ staleSpareMs: 2000, goneMs: 60_000 });
      let nowMs = 0;
      let now: (typeof steps)[number]["fate"] = "arrives";
      // What stands in Redis: the turns, and what is kept of the host.
      const stream: Entry[] = [];
      let kept: Entry | undefined;
      let read = 0;
      const turns = createOwnTurns({
        own: { id: "a", name: "a", address: "", boot: "one", bootAt: 0 },
        gpus: () => [],
        capacity: () => NO_CAPACITY,
        send(entry: Entry) {
          if (now === "refused") return false;
          const arrived: Entry = JSON.parse(JSON.stringify(entry));
          if (now === "lost") turns.lost();
          else if (entry.kind === "whole") kept = arrived;
          else stream.push(arrived);
          return true;
        },
        nowMs: () => nowMs,
        wallMs: () => nowMs,
        timings,
      });
      let view = emptyView();
      for (const one of steps) {
        nowMs += one.waitMs;
        now = one.fate;
        const given: Json = JSON.parse(JSON.stringify(one.value));
        const next = { ...view, [one.part]: given };
        const change = difference(view[one.part], given);
        view = next;
        turns.turn({ sample: null, changes: change && { [one.part]: change }, known: view });
        if (one.waitMs > 1000) turns.beat();
        const take = (entry: Entry) => hosts.take(entry, 0, nowMs, entry.at);
        const outcomes = stream.slice(read).map(take);
        read = stream.length;
        if (outcomes.includes("behind") && kept !== undefined)
          for (const entry of [kept, ...stream]) take(entry);
        const host = hosts.find("a");
        if (host === undefined || now !== "arrives") continue;
        expect(host.n).toBe(host.heardN);
        const { profiles: _, ...whole } = view;
        expect(host.parts).toEqual({ ...whole, capacity: NO_CAPACITY });
      }
    }),
  );
});

test("a host that has nothing to tell gives a sign of life, and everything every ten seconds", () => {
  const sent: Entry[] = [];
  let nowMs = 0;
  const turns = createOwnTurns({
    own: { id: "a", name: "a", address: "", boot: "one", bootAt: 0 },
    gpus: () => [],
    capacity: () => NO_CAPACITY,
    send: (entry) => sent.push(entry) > 0,
    nowMs: () => nowMs,
    wallMs: () => nowMs,
    timings,
  });
  turns.beat();
  turns.turn({ sample: null, changes: undefined, known: emptyView() });
  for (nowMs = 500; nowMs <= 20_000; nowMs += 500) turns.beat();
  expect(sent.filter(({ kind }) => kind === "whole").map(({ at }) => at)).toEqual([0, 10_000, 20_000]);
  // Beside each of them the turn of that moment, after which it is all as kept.
  expect(sent.filter(({ kind }) => kind === "turn")).toHaveLength(21);
});
