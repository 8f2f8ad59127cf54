import { describe, expect, test } from "vitest";
import type { Entry } from "../../../../server/group/entry.ts";
import { createGroupHosts } from "../../../../server/group/group-hosts.ts";

const START = 1_800_000_000_000;
const SECOND = 1000;
const patience = { staleSpareMs: 2 * SECOND, goneMs: 60 * SECOND };
const source = { kind: "demo", status: "live", intervalMs: SECOND };

const head = (host: string, n: number, atMs: number, boot = "one", bootAt = START) => ({
  ...{ v: 1 as const, host, boot, bootAt, n, at: START + atMs },
});
const whole = (...of: Parameters<typeof head>): Entry => ({
  ...head(...of),
  ...{ kind: "whole", name: of[0], address: `http://${of[0]}/`, gpus: [], parts: { source, mark: of[1] } },
});
const turn = (mark: number | null, ...of: Parameters<typeof head>): Entry => ({
  ...head(...of),
  ...{ kind: "turn", sample: null },
  ...(mark === null ? {} : { changes: { mark: [mark] } }),
});

/** Hosts that are told entries at moments, in ms since the start. */
function hear() {
  const hosts = createGroupHosts(patience);
  const take = (entry: Entry, atMs: number, ageMs = 0) => hosts.take(entry, ageMs, atMs, START + atMs);
  const statusAt = (id: string, atMs: number) => hosts.list(atMs).find((host) => host.id === id)?.status;
  const mark = (id: string) => hosts.find(id)?.parts.mark;
  return { hosts, take, statusAt, mark };
}

describe("hosts of a group", () => {
  test("GRP-3 a silent host is stale after three intervals and two seconds, and gone after a minute", () => {
    const { hosts, take, statusAt } = hear();
    take(whole("a", 1, 0), 0);
    expect([statusAt("a", 0), statusAt("a", 5 * SECOND), statusAt("a", 5001)]).toEqual([
      "live",
      "live",
      "stale",
    ]);
    expect([hosts.forgetGone(60 * SECOND, 0), statusAt("a", 60 * SECOND)]).toEqual([false, "stale"]);
    expect([hosts.forgetGone(60_001, 0), statusAt("a", 60_001)]).toEqual([true, undefined]);
    // Nobody could be heard before: it gets its minute from then.
    take(whole("a", 1, 0), 0);
    expect(hosts.forgetGone(100 * SECOND, 90 * SECOND)).toBe(false);
  });

  test("GRP-3b a later run stands in place of an earlier one, whose entries do not count any more", () => {
    const { take, mark } = hear();
    take(whole("a", 7, 0), 0);
    expect(take(whole("a", 1, SECOND, "two", START + 500), SECOND)).toBe("accepted");
    expect(take(whole("a", 8, SECOND), SECOND)).toBe("old");
    expect(mark("a")).toBe(1);
  });

  test("GRP-5b what was said before is passed over, and what is not of now", () => {
    const { hosts, take, mark } = hear();
    take(whole("a", 1, 0), 0);
    expect(take(turn(2, "a", 2, 0), SECOND)).toBe("accepted");
    expect(take(turn(3, "a", 2, 0), 2 * SECOND)).toBe("old");
    expect(take(whole("a", 1, 0), 3 * SECOND)).toBe("old");
    expect(hosts.find("a")?.heardMs).toBe(SECOND);
    expect(take(turn(4, "a", 3, 0), 61 * SECOND)).toBe("clock");
    expect(take(whole("b", 1, 90 * SECOND), 0)).toBe("clock");
    expect([mark("a"), hosts.find("b")]).toEqual([2, undefined]);
  });

  test("GRP-2b after a gap differences wait for the next whole, and what a turn says of its age counts", () => {
    const { hosts, take, mark, statusAt } = hear();
    take(whole("a", 1, 0), 0);
    expect(take(turn(3, "a", 3, SECOND), SECOND)).toBe("behind");
    expect(take(turn(4, "a", 4, 2 * SECOND), 2 * SECOND)).toBe("behind");
    expect([mark("a"), statusAt("a", 2 * SECOND)]).toEqual([1, "live"]);
    expect(take(whole("a", 5, 3 * SECOND), 3 * SECOND)).toBe("accepted");
    expect(take(turn(6, "a", 6, 4 * SECOND), 4 * SECOND)).toBe("accepted");
    expect(mark("a")).toBe(6);
    // What is kept may be of before the turns that were heard: these are read once more, and say nothing of its age.
    expect(take(turn(9, "a", 9, 5 * SECOND), 5 * SECOND)).toBe("behind");
    expect(take(whole("a", 7, 4 * SECOND), 6 * SECOND, 10 * SECOND)).toBe("accepted");
    expect(take(turn(8, "a", 8, 5 * SECOND), 6 * SECOND)).toBe("accepted");
    expect(take(turn(9, "a", 9, 5 * SECOND), 6 * SECOND)).toBe("accepted");
    expect([mark("a"), hosts.find("a")?.heardMs]).toEqual([9, 5 * SECOND]);
    expect(take(turn(null, "b", 1, 0), 0)).toBe("behind");
    take(whole("c", 1, 0), 10 * SECOND, 10 * SECOND);
    expect(statusAt("c", 10 * SECOND)).toBe("stale");
  });

  test("no stranger fills the memory: 256 hosts, and no more", () => {
    const { hosts, take } = hear();
    for (let i = 0; i < 256; i++) expect(take(whole(`h${i}`, 1, 0), 0)).toBe("accepted");
    expect(take(whole("one-more", 1, 0), 0)).toBe("full");
    expect(take(whole("h3", 2, 0), 0)).toBe("accepted");
    expect([...hosts.all()]).toHaveLength(256);
  });

  test("what is published as a state and is none has no state, and does not break the list", () => {
    const { hosts, take } = hear();
    take(whole("a", 1, 0), 0);
    expect(hosts.list(0)).toMatchObject([{ id: "a", name: "a", state: null }]);
    take(
      { ...turn(null, "a", 2, 0), kind: "turn", sample: [null], changes: { source: { "#": [[-1, 1e9]] } } },
      0,
    );
    expect(hosts.list(0)).toHaveLength(1);
  });
});
