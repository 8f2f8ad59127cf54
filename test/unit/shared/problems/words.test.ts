import { describe, expect, test } from "vitest";
import { mibToGib, percentOf } from "../../../../shared/gpu/units.ts";
import { PROBLEM_CODES } from "../../../../shared/problems/codes.ts";
import { problemsEn } from "../../../../shared/problems/en.ts";
import { fillIn } from "../../../../shared/problems/fill-in.ts";
import { problem } from "../../../../shared/problems/make-problem.ts";
import { wordsOf } from "../../../../shared/problems/problem.ts";
import { problemsZhCn } from "../../../../shared/problems/zh-cn.ts";

const places = (text: string) =>
  [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ""))].sort();

describe("problems", () => {
  test.each(PROBLEM_CODES)(
    "SMP-9 REL-3 %s says what is wrong and what to do, in both languages, with the same figures",
    (code) => {
      const [en, zh] = [problemsEn[code], problemsZhCn[code]];
      for (const part of ["message", "advice"] as const) {
        expect(en[part]).toMatch(/^(?:[A-Z{]|nvidia-smi).*(?:[.?]|: \{detail\})$/);
        expect(zh[part]).toMatch(/[\u4e00-\u9fff]/);
        expect(places(zh[part])).toEqual(places(en[part]));
      }
      const params = Object.fromEntries(places(en.message + en.advice).map((name) => [name, `<${name}>`]));
      const made = problem(code, params);
      for (const words of [made, wordsOf(made, problemsEn), wordsOf(made, problemsZhCn)]) {
        const text = words.message + words.advice;
        expect(text).not.toMatch(/[{}]/);
        for (const value of Object.values(params)) expect(text).toContain(value);
      }
    },
  );

  test("REL-3 no two problems have the same message", () => {
    for (const catalog of [problemsEn, problemsZhCn]) {
      const messages = Object.values(catalog).map(({ message }) => message);
      expect(new Set(messages).size).toBe(messages.length);
    }
  });

  test("PNL-2 a place is filled with 0 and with text that looks like a place, and one without a figure stays", () => {
    expect(fillIn("{n} of {total}", { n: 0 })).toBe("0 of {total}");
    expect(fillIn("{a}{b}", { a: "{b}", b: "$&" })).toBe("{b}$&");
  });
});

test("PNL-2 units: 1024 MiB are a GiB, a share stays within its bounds, unknown stays unknown", () => {
  expect([mibToGib(39_500), mibToGib(0), mibToGib(null)]).toEqual([38.574_218_75, 0, null]);
  expect([percentOf(1, 4), percentOf(5, 4), percentOf(-1, 4), percentOf(0, 4)]).toEqual([25, 100, 0, 0]);
  expect([percentOf(null, 4), percentOf(1, null), percentOf(1, 0)]).toEqual([null, null, null]);
});
