import fc from "fast-check";
import { expect, test } from "vitest";
import { type Held, hold, type Verdict } from "../../../../server/health/hold.ts";

const TIMING = { enterMs: 10_000, exitMs: 5000, settleMs: 30_000 };
const danger: Verdict = { level: "danger", severity: "warning", params: {} };
const levels = fc.constantFrom<Verdict>(
  danger,
  { level: "clear" },
  { level: "between" },
  { level: "unknown" },
);

/** Verdicts of one second each; when alerts began and ended. */
function run(verdicts: readonly Verdict[]): { began: number[]; ended: number[]; held: Held | null } {
  const [began, ended]: [number[], number[]] = [[], []];
  let held: Held | null = null;
  verdicts.forEach((verdict, second) => {
    const was = held?.active === true;
    held = hold(held, verdict, second * 1000, TIMING);
    const is = held?.active === true;
    if (is && !was) began.push(second);
    if (was && !is) ended.push(second);
  });
  return { began, ended, held };
}
const times = (count: number, verdict: Verdict): Verdict[] => Array.from({ length: count }, () => verdict);

test("HLT-2 it begins after its time, with the moment at which the danger began", () => {
  const { began, held } = run([...times(3, { level: "clear" }), ...times(11, danger)]);
  expect(began).toEqual([13]);
  expect(held?.sinceMs).toBe(3000);
  expect(run([...times(10, danger), { level: "clear" }]).began).toEqual([]);
});

test("HLT-2b it ends after health has lasted, or after neither has", () => {
  expect(run([...times(12, danger), ...times(8, { level: "clear" })]).ended).toEqual([17]);
  expect(run([...times(12, danger), ...times(40, { level: "between" })]).ended).toEqual([42]);
  expect(run([...times(12, danger), ...times(29, { level: "unknown" }), danger]).ended).toEqual([]);
});

test("HLT-2 HLT-2b whatever comes: between two beginnings lie the time to begin and the time to end", () => {
  fc.assert(
    fc.property(fc.array(levels, { maxLength: 400 }), (verdicts) => {
      const { began, ended } = run(verdicts);
      began.forEach((second, i) => {
        const end = ended[i];
        if (end === undefined) return;
        expect(end - second).toBeGreaterThanOrEqual(TIMING.exitMs / 1000);
        const next = began[i + 1];
        if (next !== undefined) expect(next - end).toBeGreaterThanOrEqual(TIMING.enterMs / 1000);
      });
    }),
  );
});
