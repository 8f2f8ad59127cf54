import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");
const PAGES = ["docs/architecture.md", "CONTRIBUTING.md", "docs/development.md"];
const SOURCES = ["server", "client", "shared", "test", "build"].flatMap((folder) =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" }).map(
    (name) => `${folder}/${name}`,
  ),
);

test.each(PAGES)("%s names only files that are there", (page) => {
  const named = [...read(page).matchAll(/`([\w./-]+\.(?:ts|tsx|mjs|json|md|c|tsv))`/g)].map(
    ([, path = ""]) => path,
  );
  const isThere = (path: string) =>
    existsSync(new URL(path, root)) ||
    existsSync(new URL(`docs/${path}`, root)) ||
    SOURCES.some((source) => source.endsWith(`/${path}`));
  // Files that a run makes, and a test's own input.
  const made = ["openapi.json", "script.tsv", ".cache/mutants.json"];
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((path) => !made.includes(path) && !isThere(path))).toEqual([]);
});

test("the picture of docs/architecture.md names folders that are there, and is in light and dark", () => {
  const picture = read("docs/images/architecture.svg");
  expect(read("docs/architecture.md")).toContain("(images/architecture.svg)");
  const folders = [...picture.matchAll(/>(?:panels: )?(\w+)\/</g)].map(([, name = ""]) => name);
  expect(folders.length).toBeGreaterThan(9);
  const missing = folders.filter(
    (name) => ![name, `server/${name}`].some((path) => existsSync(new URL(path, root))),
  );
  expect(missing).toEqual([]);
  expect(picture).toContain("prefers-color-scheme: dark");
});
