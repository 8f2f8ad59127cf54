import { readFileSync } from "node:fs";
import * as v from "valibot";
import { expect, test } from "vitest";
import { alertRulesSchema } from "../../../server/config/health-options.ts";
import { RULES } from "../../../shared/health/alert.ts";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const page = read("docs/alerts.md");
const cells = (line: string) =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
const names = (cell = "") => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);

/** Rows of the table under this head. */
function tableOf(head: string): string[][] {
  const lines = page.split("\n");
  const start = lines.findIndex((line) => line.startsWith(head));
  const end = lines.findIndex((line, i) => i > start && !line.startsWith("|"));
  return lines.slice(start + 2, end).map(cells);
}

test("docs/alerts.md has every rule", () => {
  expect(
    tableOf("| rule | danger")
      .map(([rule]) => names(rule)[0])
      .sort(),
  ).toEqual([...RULES].sort());
});

test("docs/alerts.md has every setting of every rule", () => {
  const told = tableOf("| rule | settings").flatMap(([rules, settings]) =>
    names(rules).map((rule) => [rule, names(settings).sort()] as const),
  );
  const real = Object.entries(v.parse(alertRulesSchema, {})).flatMap(([rule, settings]) => {
    const keys = Object.keys(settings).sort();
    return keys.length === 0 ? [] : [[rule, keys] as const];
  });
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(real));
});
