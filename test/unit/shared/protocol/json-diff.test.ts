import fc from "fast-check";
import { expect, test } from "vitest";
import { difference, type Json, patched } from "../../../../shared/protocol/json-diff.ts";

const value: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom<Json>(null, true, 0, 1, 12_345, "a", "#"),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom("a", "b", "#", "0"), tie("value")),
  ),
})).value;
/** Lists whose items come, go and move. */
const items = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom("a", "b", "c", "d", "e", "f"),
    mib: fc.nat(3),
    label: fc.constant("a long one"),
  }),
  { selector: ({ id }) => id },
);
const overTheWire = <T>(sent: T): T => JSON.parse(JSON.stringify(sent));

function expectSame(before: Json, after: Json) {
  const change = difference(before, after);
  expect(change === undefined ? before : patched(before, overTheWire(change))).toEqual(after);
}

test("WIRE-9c a difference makes the one value of the other, whatever they are", () => {
  fc.assert(fc.property(value, value, expectSame));
});

test("WIRE-9c so it does of lists whose items come, go and move", () => {
  fc.assert(fc.property(items, items, expectSame));
});

test("WIRE-9c nothing changed is nothing, and one figure of many costs a few bytes", () => {
  const jobs = Array.from({ length: 300 }, (_, i) => ({ id: `job-${i}`, phase: "load", label: "a job" }));
  expect(difference(jobs, overTheWire(jobs))).toBeUndefined();
  const moved = jobs.map((job, i) => (i === 7 ? { ...job, phase: "decode" } : job));
  expect(difference(jobs, moved)).toEqual({ 7: { phase: ["decode"] } });
  const ended = jobs.filter((_, i) => i !== 100);
  expect(difference(jobs, ended)).toEqual({ "#": [[0, 100, 101, 199]] });
  expectSame(jobs, ended);
});

test("WIRE-9c parts without a difference stay the same objects, so that a page draws only what changed", () => {
  const before = {
    a: { x: 1 },
    b: [
      { id: "p", y: 1 },
      { id: "q", y: 2 },
    ],
  };
  const after = patched(before, { b: { 1: { y: [3] } } });
  expect(after).toEqual({
    a: { x: 1 },
    b: [
      { id: "p", y: 1 },
      { id: "q", y: 3 },
    ],
  });
  expect(Reflect.get(Object(after), "a")).toBe(before.a);
});

test("WIRE-6 a difference that fits nothing ends nothing", () => {
  expect(patched(null, { a: { b: [1] } })).toEqual({ a: { b: 1 } });
  expect(patched([1], { 5: [2], "#": [[-1, 1e9, 7, 2]] })).toBeInstanceOf(Array);
});
