import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  parseFigure,
  parseNumber,
  parseSwitch,
  parseText,
  parseThrottle,
} from "../../../../server/sampling/parse-cell.ts";

describe("a cell", () => {
  test("SMP-1 whatever stands in brackets is unknown, in any case and with any space around it", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~]{0,30}$/), fc.constantFrom("", " ", "\t"), (text, space) => {
        const cell = `${space}[${text}]${space}`;
        const readings = [
          parseText(cell),
          parseNumber(cell),
          parseFigure(cell),
          parseThrottle(cell),
          parseSwitch(cell),
        ];
        expect(readings).toEqual([null, null, null, null, null]);
      }),
    );
    for (const cell of [undefined, "", "   ", "n/a", "N/A", "ERR!", "Unknown Error", "Not Supported"]) {
      expect([parseText(cell), parseNumber(cell)]).toEqual([null, null]);
    }
  });

  test("SMP-1 a figure reads the same with and without its unit, a real 0 stays 0", () => {
    const number = fc.tuple(fc.nat(), fc.nat({ max: 99 })).map(([whole, part]) => `${whole}.${part}`);
    fc.assert(
      fc.property(number, fc.constantFrom("", " MiB", " %", "%", " W", " MHz", "C"), (text, unit) => {
        expect(parseNumber(text + unit)).toBe(Number(text));
      }),
    );
    expect(["0", "0 %", "0.00 W"].map(parseFigure)).toEqual([0, 0, 0]);
  });

  test("SMP-1 what is beyond any number is unknown, not infinite", () => {
    expect(parseNumber("9".repeat(400))).toBeNull();
  });

  test("SMP-1 text that is no number is never one", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const value = parseNumber(text);
        expect(value === null || /^\s*-?\d/.test(text)).toBe(true);
      }),
    );
    expect(["1e5", "0x1F", "1,5", "1.2.3", "12abc3", "+5", "1 2"].map(parseNumber)).toEqual(
      Array(7).fill(null),
    );
  });

  test("SMP-1 throttle masks name their reasons; idle is none; anything but a mask is unknown", () => {
    expect(parseThrottle("0x0000000000000000")).toEqual([]);
    expect(parseThrottle("0x0000000000000001")).toEqual([]);
    expect(parseThrottle("0x00000000000001FF")).toHaveLength(8);
    expect(["Active", "1", "0xZZ", "0x", "0x00000000000000001"].map(parseThrottle)).toEqual(
      Array(5).fill(null),
    );
    expect(["Enabled", "disabled", "Yes", "[N/A]"].map(parseSwitch)).toEqual([true, false, null, null]);
  });
});
