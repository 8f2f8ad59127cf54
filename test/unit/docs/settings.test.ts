import { readFileSync } from "node:fs";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { CONFIGURABLE_KINDS } from "../../../server/config/backend-options.ts";
import { FLAGS, optionsSchema, variableOf } from "../../../server/config/options.ts";
import { readmeSnippets } from "../../helpers/readme-snippets.ts";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const READMES = ["README.md", "docs/README.zh-CN.md"];
const flags = FLAGS.map(({ flag }) => `--${flag}`);

/** Rows of the table of docs/configuration.md: flag, environment, key and default, without their backticks. */
const rows = read("docs/configuration.md")
  .split("\n")
  .filter((line) => /^\| *(?:`--|\|)/.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")));

describe("the settings that the documentation tells of", () => {
  test("docs/configuration.md has every flag with its variable and its key, and no other", () => {
    const told = rows
      .filter(([, flag]) => flag !== "")
      .map(([, flag, variable, key]) => [flag, variable, key]);
    const real = FLAGS.map(({ flag, key }) => [`--${flag}`, variableOf(flag), key]);
    expect(told.sort()).toEqual(real.sort());
  });

  test("docs/configuration.md has every key of the file", () => {
    expect(rows.map(([, , , key]) => key).sort()).toEqual(Object.keys(optionsSchema.entries).sort());
  });

  test("the defaults that it names are the defaults", () => {
    const defaults = v.parse(optionsSchema, {});
    const told = rows.flatMap(([, , , key = "", said = ""]) => {
      const real: unknown = Object.entries(defaults).find(([name]) => name === key)?.[1];
      return typeof real === "number" || key === "host" || key === "basePath"
        ? [[key, said, String(real)]]
        : [];
    });
    expect(told.length).toBeGreaterThan(5);
    for (const [key, said, real] of told) expect([key, said]).toEqual([key, real]);
  });

  test.each(["configuration", "alerts", "backends"])(
    "the config files that docs/%s.md shows are valid",
    (name) => {
      const shown = readmeSnippets(`docs/${name}.md`).takeAll("json");
      expect(shown.length).toBeGreaterThan(0);
      for (const { code } of shown)
        expect(v.safeParse(optionsSchema, JSON.parse(code.replaceAll('"…"', '"secret"'))).issues).toBe(
          undefined,
        );
    },
  );

  test.each(READMES)("%s lists every flag and names none that is not there", (page) => {
    const told = new Set(
      read(page)
        .replace("--only-binary", "")
        .match(/--[a-z][a-z-]+/g),
    );
    expect([...told].filter((flag) => ![...flags, "--config", "--help", "--gpus"].includes(flag))).toEqual(
      [],
    );
    expect([...flags, "--config"].filter((flag) => !told.has(flag))).toEqual([]);
  });

  test.each([...READMES, "docs/backends.md"])("%s names every kind of backend", (page) => {
    const text = read(page);
    expect(CONFIGURABLE_KINDS.filter((kind) => !text.includes(`\`${kind}\``))).toEqual([]);
  });
});
