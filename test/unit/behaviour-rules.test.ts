import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../..", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

/** The chapters of the rules, as their headings name them: `SMP`. */
const RULES = readdirSync(new URL("docs/behaviour/", root)).map((page) => read(`docs/behaviour/${page}`));
const CHAPTERS = [...RULES.join("\n").matchAll(/^## ([A-Z]+):/gm)].map(([, chapter]) => chapter ?? "");
/** Ids of rules: `SMP-1`, `SMP-4b`. */
const RULE = new RegExp(`\\b(?:${CHAPTERS.join("|")})-\\d+[a-z]?\\b`, "g");
const STATED = /^- \*\*(([A-Z]+)-(\d+)([a-z]?))\*\* (.*)$/gm;
const statedIn = (text: string) =>
  [...text.matchAll(STATED)].map(([, id = "", chapter = "", number, letter = "", claim = ""]) => ({
    ...{ id, chapter, number: Number(number), letter, claim },
  }));

function quotedInTitles(): Set<string> {
  const files = readdirSync(new URL("test/", root), { recursive: true, encoding: "utf8" }).filter((name) =>
    // Helpers, too: a test with a large and a small form stands in one.
    /\.tsx?$/.test(name),
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
  const rules = new Set(RULES.flatMap(statedIn).map(({ id }) => id));
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
  for (const page of RULES) {
    for (const run of page.split(/\n\n+/)) {
      const rules = statedIn(run);
      const inOrder = rules.toSorted((a, b) => a.number - b.number || a.letter.localeCompare(b.letter));
      expect(rules.map(({ id }) => id)).toEqual(inOrder.map(({ id }) => id));
    }
  }
  const all = RULES.flatMap(statedIn).map(({ id }) => id);
  expect(all.filter((id, i) => all.indexOf(id) !== i)).toEqual([]);
});

test("a rule is one claim: one sentence of at most 36 words", () => {
  const long = RULES.flatMap(statedIn).filter(
    ({ claim }) => /;|[.:] [A-Z]/.test(claim) || claim.split(/\s+/).length > 36,
  );
  expect(long.map(({ id, claim }) => `${id} ${claim}`)).toEqual([]);
});
