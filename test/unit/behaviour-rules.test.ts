import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../..", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

/** The chapters of the rules, as their headings name them: `SMP`. */
const CHAPTERS = [...read("docs/behaviour.md").matchAll(/^## ([A-Z]+):/gm)].map(
  ([, chapter]) => chapter ?? "",
);
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

test("every rule of docs/behaviour.md has a test that quotes it, and no test quotes a rule that is not there", () => {
  const rules = new Set(
    [...read("docs/behaviour.md").matchAll(/^- \*\*([A-Z]+-\d+)\*\*/gm)].map(([, id]) => id ?? ""),
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
