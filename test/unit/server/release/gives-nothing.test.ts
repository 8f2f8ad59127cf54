import { describe, expect, test } from "vitest";
import { givesNothing } from "../../../../server/release/gives-nothing.ts";
import type { ReleaseRecord } from "../../../../shared/release/record.ts";

type Part = ReleaseRecord["parts"][number];

const VAIN: Part = {
  ...{ backend: "a", state: "failed", freedMiB: 0, problem: "nothing-freed" },
  ...{ keptMiB: 14_000, processes: ["7@100"] },
};
const FREED: Part = { backend: "a", state: "done", freedMiB: 9000, problem: null };
const UNTOLD: Part = { ...FREED, state: "failed", freedMiB: 0, problem: "nothing-freed", keptMiB: 14_000 };

/** The past, newest first. */
const past = (...parts: Part[]): ReleaseRecord[] =>
  parts.map((part, i) => ({
    ...{ id: String(i), startedAt: 1000 - i, finishedAt: 1000 - i, requestedBy: null, mode: "auto" },
    ...{ state: "failed", freedMiB: part.freedMiB, gpus: [], parts: [part], problem: part.problem },
  }));
const NOW = { processes: ["7@100"], sinceMs: 0 };

describe("a backend that was asked in vain", () => {
  test("REL-25 twice in a row, and no sooner", () => {
    expect(givesNothing(past(), "a", NOW)).toBe(false);
    expect(givesNothing(past(VAIN), "a", NOW)).toBe(false);
    expect(givesNothing(past(VAIN, VAIN), "a", NOW)).toBe(true);
    expect(givesNothing(past(VAIN, VAIN, FREED), "a", NOW)).toBe(true);
    expect(givesNothing(past(VAIN, VAIN), "b", NOW)).toBe(false);
  });

  test("REL-25 what was not measured says nothing: it was away, cancelled, or had nothing loaded", () => {
    const away: Part = { ...FREED, freedMiB: null, problem: "backend-unreachable" };
    expect(givesNothing(past(away, VAIN, away, VAIN), "a", NOW)).toBe(true);
  });

  test.each<[string, Part]>([
    ["had a context alone", { ...VAIN, keptMiB: 600 }],
    ["held what nobody knows", { ...FREED, freedMiB: 0, problem: "nothing-freed", processes: ["7@100"] }],
    ["grew meanwhile", { ...VAIN, problem: "vram-grew" }],
    ["refused the call", { ...VAIN, problem: "backend-status" }],
  ])("REL-25 one that %s was not asked in vain", (_, part) => {
    expect(givesNothing(past(VAIN, part), "a", NOW)).toBe(false);
  });

  test("REL-25b a release that gave something makes it count again", () => {
    expect(givesNothing(past(FREED, VAIN, VAIN), "a", NOW)).toBe(false);
    expect(givesNothing(past(VAIN, FREED, VAIN), "a", NOW)).toBe(false);
  });

  test("REL-25b so does another process, also one with the same PID; one of several that is the same does not", () => {
    expect(givesNothing(past(VAIN, VAIN), "a", { ...NOW, processes: [] })).toBe(false);
    expect(givesNothing(past(VAIN, VAIN), "a", { ...NOW, processes: ["7@999", "8@100"] })).toBe(false);
    expect(givesNothing(past(VAIN, VAIN), "a", { ...NOW, processes: ["8@100", "7@100"] })).toBe(true);
  });

  test("REL-25b where processes are not told, it may be another one since it was away or the sidecar began", () => {
    const hidden = (sinceMs: number) => ({ processes: [], sinceMs });
    expect(givesNothing(past(UNTOLD, UNTOLD), "a", hidden(999))).toBe(true);
    expect(givesNothing(past(UNTOLD, UNTOLD), "a", hidden(1000))).toBe(false);
  });
});
