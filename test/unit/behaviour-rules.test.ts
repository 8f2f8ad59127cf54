import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../..", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

/** The chapters of the rules, as their headings name them: `SMP`. */
const RULES = readdirSync(new URL("docs/behaviour/", root)).map((page) => read(`docs/behaviour/${page}`));
const CHAPTERS = [...RULES.join("\n").matchAll(/^## ([A-Z]+):/gm)].map(([, chapter]) => chapter ?? "");
/** Ids of rules: `SMP-1`. */
const RULE = new RegExp(`\\b(?:${CHAPTERS.join("|")})-\\d+\\b`, "g");

function quotedInTitles(): Set<string> {
  const files = readdirSync(new URL("test/", root), { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.test\.tsx?$/.test(name),
  );
  const titles = files.flatMap((name) =>
    [
      ...read(`test/${name}`).matchAll(
        /\btest(?:\.concurrent)?(?:\.(?:each|skipIf)\([\s\S]*?\))?\(\s*["'`]([^"'`]+)["'`]/g,
      ),
    ].map(([, title]) => title ?? ""),
  );
  return new Set(titles.flatMap((title) => title.match(RULE) ?? []));
}

test("every rule of docs/behaviour has a test that quotes it, and no test quotes a rule that is not there", () => {
  const rules = new Set(
    [...RULES.join("\n").matchAll(/^- \*\*([A-Z]+-\d+)\*\*/gm)].map(([, id]) => id ?? ""),
  );
  const quoted = quotedInTitles();
  expect(
    [...rules].filter((id) => !quoted.has(id)),
    "rules without a test",
  ).toEqual([]);
  expect(
    [...quoted].filter((id) => !rules.has(id)),
    "tests of rules that do not exist",
  ).toEqual([]);
  expect(rules.size).toBeGreaterThan(40);
});

test("rules stand in order of their numbers, each once", () => {
  const all: string[] = [];
  for (const page of RULES) {
    for (const run of page.split(/\n\n+/)) {
      const rules = [...run.matchAll(/^- \*\*([A-Z]+)-(\d+)\*\*/gm)].map(([, , number]) => Number(number));
      expect(rules).toEqual(rules.toSorted((a, b) => a - b));
    }
    all.push(...[...page.matchAll(/^- \*\*([A-Z]+-\d+)\*\*/gm)].map(([, id = ""]) => id));
  }
  expect(all.filter((id, i) => all.indexOf(id) !== i)).toEqual([]);
});
