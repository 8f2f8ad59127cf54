import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** This file quotes what is looked for. */
const QUOTES = ["test/unit/house/words.test.ts"];

const FILES = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => /\.(?:tsx?|mjs|py|js|md)$/.test(file) && !QUOTES.includes(file));
const read = (file: string) => readFileSync(`${ROOT}/${file}`, "utf8");

/** Names of ours that docs/glossary.md has other words for. Neither English nor a field of the wire is meant. */
const NAMES = [
  "solo",
  "solos",
  "EXCESS",
  "overrun",
  "overruns",
  "regained",
  "company",
  "excess",
  "givenBack",
  "lent",
  "runSignature",
  "ownWord",
  "roomTold",
  "unnamed",
  "unmarked",
  "markedJob",
  "markedJobs",
  "runsMarkedJob",
  "MarkedWork",
  "JobMarker",
  "nobodyMarked",
];
/** Functions of ours that said what they did only to those who had been there. */
const CALLS = ["tell", "settle", "look"];
const FILE_NAMES =
  /^(?:solo|taken|told|promise|promises|marked|overrun|excess|unnamed|lent|keeps|places)\.tsx?$/;
/** Words for people that have given way to those of the glossary. */
const PHRASES =
  /\b(?:(?:un)?marked jobs?|nobody marked|somebody marked|job markers?|own word|EXCESS|room told)\b/;

/** Code without comments and texts. */
function codeOf(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, " ")
    .replace(/("""|''')[\s\S]*?\1/g, " ")
    .replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""')
    .replace(/`(?:[^`\\]|\\.)*`/g, "``")
    .replace(/(?:\/\/|#).*$/gm, " ");
}

test("no name of ours is one that the glossary has another word for", () => {
  const names = new RegExp(`\\b(?:${NAMES.join("|")})\\b`, "g");
  const calls = new RegExp(`(?<![\\w"'])(?:function |async )?(?:${CALLS.join("|")})\\(`, "g");
  const found = FILES.filter((file) => /\.(?:tsx?|mjs)$/.test(file)).flatMap((file) => {
    const code = codeOf(read(file));
    return [...(code.match(names) ?? []), ...(code.match(calls) ?? [])].map((name) => `${file}: ${name}`);
  });
  expect(found).toEqual([]);
  expect(FILES.filter((file) => FILE_NAMES.test(basename(file)))).toEqual([]);
});

test("pages, comments and texts use the words of the glossary", () => {
  const found = FILES.flatMap((file) => {
    const lines = read(file).split("\n");
    return lines.flatMap((line, i) =>
      PHRASES.test(line) ? [`${file}:${i + 1}: ${line.trim().slice(0, 100)}`] : [],
    );
  });
  expect(found).toEqual([]);
});

test("no page and no comment points to a paper that the clone does not hold", () => {
  const papers =
    /(?:\.\.\/)?\b(?:facts|findings)\/[\w-]+|\b(?:interface|requirements|policy|face|house|design)\.md\b|\brequirements? R\d|\(R\d\)|\((?:rule|issue) \d+\b/;
  expect(FILES.filter((file) => papers.test(read(file)))).toEqual([]);
});
