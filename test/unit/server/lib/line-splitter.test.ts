import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLineSplitter } from "../../../../server/lib/line-splitter.ts";

/** A text cut at these places. */
function cut(text: string, places: readonly number[]): string[] {
  const at = [0, ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length];
  return at.slice(1).map((end, i) => text.slice(at[i], end));
}

describe("lines", () => {
  test("SMP-3 the same lines come out of any cut, with either line end, and the rest is what is left", () => {
    const line = fc.stringMatching(/^[^\r\n]{0,40}$/);
    const lines = fc.array(fc.tuple(line, fc.constantFrom("\n", "\r\n")));
    fc.assert(
      fc.property(lines, line, fc.array(fc.nat(), { maxLength: 30 }), (whole, rest, places) => {
        const text = whole.map(([content, end]) => content + end).join("") + rest;
        const splitter = createLineSplitter();
        expect(cut(text, places).flatMap((chunk) => splitter.push(chunk))).toEqual(
          whole.map(([content]) => content),
        );
        expect(splitter.rest()).toBe(rest);
      }),
    );
  });

  test("SMP-3 a stream without line breaks is held back no longer than a line may be, and loses nothing", () => {
    const chunks = fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(chunks, (sizes) => {
        const splitter = createLineSplitter();
        let given = 0;
        for (const size of sizes) {
          for (const line of splitter.push("x".repeat(size))) given += line.length;
          expect(splitter.rest().length).toBeLessThanOrEqual(16_384);
        }
        expect(given + splitter.rest().length).toBe(sizes.reduce((sum, size) => sum + size, 0));
      }),
    );
  });
});
