import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { withLate } from "../../../../server/release/late.ts";
import type { PartOutcome } from "../../../../server/release/outcome.ts";
import { sumUp } from "../../../../server/release/sum-up.ts";
import type { ProblemCode } from "../../../../shared/problems/codes.ts";
import { problem } from "../../../../shared/problems/make-problem.ts";
import type { ReleasePart } from "../../../../shared/release/release.ts";
import { IDLE_RELEASE } from "../../../../shared/release/release.ts";

type Ended = PartOutcome["part"];
const part = (state: Ended["state"], freedMiB: number | null = null, code?: ProblemCode): Ended => ({
  state,
  freedMiB,
  claim: null,
  problem: code === undefined ? null : problem(code),
});
/** How parts really end. */
const ended = fc.oneof(
  fc.integer({ min: 65, max: 90_000 }).map((mib) => part("done", mib)),
  fc.constant(part("done", null, "nothing-loaded")),
  fc.constant(part("done", null, "not-measured")),
  fc.integer({ min: -64, max: 64 }).map((mib) => part("failed", mib, "nothing-freed")),
  fc.integer({ min: -90_000, max: -65 }).map((mib) => part("failed", mib, "vram-grew")),
  fc.constant(part("failed", null, "backend-unreachable")),
  fc.constant(part("cancelled")),
);
const outcome = (of: Ended, gpus: PartOutcome["gpus"] = []): PartOutcome => ({
  part: of,
  gpus,
  meanwhile: [],
  unsettled: false,
  asked: of.state !== "cancelled",
});
function sumOf(
  parts: readonly Ended[],
  by: string | null = null,
  outcomes = parts.map((one) => outcome(one)),
) {
  const named = parts.map((one, i): ReleasePart => ({ backend: `b${i}`, ...one }));
  return sumUp(named, outcomes, by);
}

describe("the whole of the parts", () => {
  test("REL-13c what was freed is the sum of what was measured, in whatever order; with nothing measured it is not known", () => {
    fc.assert(
      fc.property(fc.array(ended, { maxLength: 6 }), (parts) => {
        const known = parts.flatMap(({ freedMiB }) => (freedMiB === null ? [] : [freedMiB]));
        const freedMiB = known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
        expect(sumOf(parts).freedMiB).toBe(freedMiB);
        expect(sumOf(parts.toReversed()).freedMiB).toBe(freedMiB);
      }),
    );
  });

  test("REL-13c it is done as soon as one part is, and failed only where none is", () => {
    fc.assert(
      fc.property(fc.array(ended, { maxLength: 6 }), (parts) => {
        const { state } = sumOf(parts, "somebody");
        expect(state).toBe(parts.some((one) => one.state === "done") ? "done" : "failed");
      }),
    );
  });

  test("REL-14 a failed part is never passed over in silence, nor a release that freed nothing", () => {
    fc.assert(
      fc.property(fc.array(ended, { minLength: 1, maxLength: 6 }), (parts) => {
        const cancelled = parts.some(({ state }) => state === "cancelled");
        const { problem: found, freedMiB } = sumOf(parts, cancelled ? "somebody" : null);
        const failed = parts.some(({ state }) => state === "failed");
        if (failed || cancelled || (freedMiB ?? 0) <= 0) expect(found).not.toBeNull();
        else expect(found).toBeNull();
      }),
    );
  });

  test("REL-13c one that held nothing is no news beside one that gave something back", () => {
    const nothing = part("done", null, "nothing-loaded");
    expect(sumOf([nothing, part("done", 500)])).toMatchObject({
      state: "done",
      freedMiB: 500,
      problem: null,
    });
    expect(sumOf([nothing, nothing])).toMatchObject({ state: "done", problem: { code: "nothing-loaded" } });
  });

  test("REL-13c the claim of one backend alone is the release's; several have theirs each", () => {
    const claim = { freedMiB: 5, models: null };
    expect(sumOf([{ ...part("done", 500), claim }]).claim).toEqual(claim);
    expect(sumOf([{ ...part("done", 500), claim }, part("done", 70)]).claim).toBeNull();
  });
});

describe("cancelled", () => {
  test("REL-11b REL-13c that nothing was asked of a backend is said only where no backend was asked", () => {
    const asked = [
      part("done", 500),
      part("done", null, "not-measured"),
      part("failed", 10, "nothing-freed"),
      part("failed", -300, "vram-grew"),
    ];
    for (const first of asked) {
      const { problem: found } = sumOf([first, part("cancelled")], "10.0.0.7");
      expect(found?.code, JSON.stringify(first)).toBe("cancelled-partly");
    }
    expect(sumOf([part("cancelled")], "10.0.0.7").problem).toEqual(
      problem("release-cancelled", { by: "10.0.0.7" }),
    );
    expect(sumOf([part("cancelled"), part("cancelled")], "x").problem?.code).toBe("release-cancelled");
  });

  test("REL-11b a cancel that came too late for any part is not told", () => {
    expect(sumOf([part("done", 500)], "10.0.0.7").problem).toBeNull();
  });
});

describe("the GPUs", () => {
  const gpu = (index: number, beforeMiB: number | null, afterMiB: number | null) => ({
    index,
    beforeMiB,
    afterMiB,
    freedMiB: beforeMiB === null || afterMiB === null ? null : beforeMiB - afterMiB,
  });
  const level = fc.nat({ max: 90_000 });

  test("REL-13c each goes from before the first part to after the last, and frees the sum of its parts", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.tuple(level, level), { minLength: 2, maxLength: 2 }), {
          minLength: 1,
          maxLength: 5,
        }),
        (windows) => {
          const outcomes = windows.map((pair) =>
            outcome(
              part("done", 100),
              pair.map(([before, after], index) => gpu(index, before, after)),
            ),
          );
          const { gpus } = sumOf(
            outcomes.map((one) => one.part),
            null,
            outcomes,
          );
          for (const index of [0, 1]) {
            expect(gpus[index]).toEqual({
              index,
              beforeMiB: windows[0]?.[index]?.[0],
              afterMiB: windows.at(-1)?.[index]?.[1],
              freedMiB: windows.reduce(
                (sum, pair) => sum + (pair[index]?.[0] ?? 0) - (pair[index]?.[1] ?? 0),
                0,
              ),
            });
          }
        },
      ),
    );
  });

  test("REL-13c a part that measured nothing leaves the figures of the others; one that lost a GPU makes it unknown", () => {
    const first = outcome(part("done", 9000), [gpu(0, 20_000, 11_000), gpu(1, 500, 500)]);
    const failed = outcome(part("failed", null, "backend-unreachable"));
    expect(sumOf([first.part, failed.part], null, [first, failed]).gpus).toEqual(first.gpus);
    const lost = outcome(part("done", 1000), [gpu(0, 11_000, 10_000), gpu(1, 500, null)]);
    expect(sumOf([first.part, lost.part], null, [first, lost]).gpus).toEqual([
      { index: 0, beforeMiB: 20_000, afterMiB: 10_000, freedMiB: 10_000 },
      { index: 1, beforeMiB: 500, afterMiB: null, freedMiB: null },
    ]);
  });
});

test("REL-20b what comes back late is added to what the backend had given back", () => {
  const part = { backend: "a", state: "done", freedMiB: 5000, claim: null, problem: null } as const;
  const verdict = { ...IDLE_RELEASE, state: "done", id: "x", freedMiB: 5000, parts: [part] } as const;
  expect(
    withLate({ ...verdict, parts: [...verdict.parts] }, 8000, { freedMiB: 3000, seconds: 9 }),
  ).toMatchObject({
    freedMiB: 8000,
    parts: [{ freedMiB: 8000, state: "done" }],
  });
});
