import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { findSnippets, readmeSnippets } from "../../helpers/readme-snippets.ts";

const root = new URL("../../..", import.meta.url);

test("blocks are found with language, file and heading, whatever stands inside them", () => {
  const markdown = [
    "# Host",
    "```sh",
    "# not a heading",
    "npm start",
    "```",
    "## Step 2",
    "````md notes.md",
    "```sh",
    "inner",
    "```",
    "````",
    "",
  ].join("\n");
  expect(findSnippets(markdown)).toEqual([
    { language: "sh", file: "", heading: "Host", code: "# not a heading\nnpm start\n" },
    { language: "md", file: "notes.md", heading: "Step 2", code: "```sh\ninner\n```\n" },
  ]);
});

test("a block that is not there, or not the only one, is told with those that are", () => {
  const snippets = readmeSnippets("README.md");
  expect(() => snippets.take("cobol")).toThrow("README.md has 0 blocks of cobol");
  expect(snippets.takeAll("sh").length).toBeGreaterThan(0);
  expect(snippets.left().some((name) => name.startsWith("sh "))).toBe(false);
});

test("every README under integrations/ is run by a test", () => {
  const folder = new URL("integrations/", root);
  const readmes = existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => /(?:^|\/)README\.md$/.test(name) && !name.includes("node_modules"))
        .map((name) => `integrations/${name}`)
    : [];
  const tests = readdirSync(new URL("test/", root), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(?:test|snippets)\.ts$/.test(name))
    .map((name) => readFileSync(new URL(`test/${name}`, root), "utf8"));
  const withBlocks = readmes.filter(
    (name) => findSnippets(readFileSync(new URL(name, root), "utf8")).length > 0,
  );
  expect(
    withBlocks.filter((name) => !tests.some((text) => text.includes(name))),
    "READMEs whose blocks no test runs: quote their path in a test and take each block from readmeSnippets()",
  ).toEqual([]);
});
