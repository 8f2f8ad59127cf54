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

test("commands within a line are found too, words of a sentence are not, and a fence that would be missed is told", () => {
  const markdown = [
    "# Host",
    "Run `sudo cp a b`, then `curl http://127.0.0.1/`; `--flag`, `npm` and `docker-compose.yaml` are words.",
    "```sh",
    "echo `npm ci`",
    "```",
    "",
  ].join("\n");
  const inline = findSnippets(markdown).filter(({ language }) => language === "inline");
  expect(inline.map(({ code }) => code)).toEqual(["sudo cp a b", "curl http://127.0.0.1/"]);
  expect(() => findSnippets("1. Do\n\n   ```sh\n   npm ci\n   ```\n")).toThrow("```sh");
  expect(() => findSnippets("```sh\nnpm ci\n")).toThrow("```sh");
});

test("a block that is not there, or not the only one, is told with those that are", () => {
  const snippets = readmeSnippets("README.md");
  expect(() => snippets.take("cobol")).toThrow("README.md has 0 blocks of cobol");
  expect(snippets.takeAll("sh").length).toBeGreaterThan(0);
  expect(snippets.left().some((name) => name.startsWith("sh "))).toBe(false);
});

test("what a Chinese README shows as code is the English one's, which is run", () => {
  const folder = new URL("integrations/", root);
  const chinese = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith("README.zh-CN.md"),
  );
  expect(chinese.length).toBeGreaterThan(2);
  for (const name of chinese) {
    const text = readFileSync(new URL(name, folder), "utf8");
    const english = [name.replace(".zh-CN", ""), "README.md"]
      .map((page) => readFileSync(new URL(page, folder), "utf8"))
      .join("\n");
    const blocks = findSnippets(text).map(({ code }) => code.trim());
    const spans = text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/`([^`\n]+)`/g);
    const inline = [...spans].map(([, span = ""]) => span).filter((span) => span.includes(" "));
    for (const code of [...blocks, ...inline]) expect(english.includes(code), `${name}: ${code}`).toBe(true);
  }
});

test("every README under integrations/ is run by a test", () => {
  const folder = new URL("integrations/", root);
  const readmes = existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => /(?:^|\/)README\.md$/.test(name) && !name.includes("node_modules"))
        .map((name) => `integrations/${name}`)
    : [];
  const tests = readdirSync(new URL("test/", root), { recursive: true, encoding: "utf8" })
    // In test/hosts what runs a README is called by one test file a part.
    .filter((name) => /\.(?:test|snippets)\.ts$|^hosts\/.*\.ts$/.test(name))
    .map((name) => readFileSync(new URL(`test/${name}`, root), "utf8"));
  const withBlocks = readmes.filter(
    (name) => findSnippets(readFileSync(new URL(name, root), "utf8")).length > 0,
  );
  expect(
    withBlocks.filter((name) => !tests.some((text) => text.includes(name))),
    "READMEs whose blocks no test runs: quote their path in a test and take each block from readmeSnippets()",
  ).toEqual([]);
});
