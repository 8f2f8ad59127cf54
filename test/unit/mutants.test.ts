import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { MUTANTS } from "../mutants/list.ts";
import { mutate } from "../mutants/mutant.ts";

it("finds the text of each mutant once in its file, and its tests", () => {
  for (const mutant of MUTANTS) {
    expect(mutate(readFileSync(mutant.file, "utf8"), mutant)).not.toBe("");
    expect(mutant.tests.filter((test) => !existsSync(test))).toEqual([]);
  }
});

it("holds at least 40 mutants, none twice", () => {
  const names = MUTANTS.map(({ file, find, replacement }) => `${file} ${find} ${replacement}`);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(40);
});

it("refuses a text that stands in the file twice or not at all", () => {
  const mutant = { file: "a.ts", find: "x", replacement: "y", tests: [] };
  expect(() => mutate("x x", mutant)).toThrow("2 times");
  expect(() => mutate("z", mutant)).toThrow("0 times");
});
