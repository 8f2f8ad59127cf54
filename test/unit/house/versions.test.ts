import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { PROTOCOL_VERSION } from "../../../shared/protocol/version.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const read = (file: string) => readFileSync(`${ROOT}/${file}`, "utf8");

test("the package's version is that of package.json, wherever a copied file has to say it itself", () => {
  const { version } = JSON.parse(read("package.json"));
  const said = {
    "package-lock.json": JSON.parse(read("package-lock.json")).version,
    "python/gpu_status_panel/_base.py": /^__version__ = "(.*)"$/m.exec(
      read("python/gpu_status_panel/_base.py"),
    )?.[1],
    "integrations/wan2gp/plugin.py": /self\.version = "(.*)"/.exec(
      read("integrations/wan2gp/plugin.py"),
    )?.[1],
    "integrations/wan2gp/plugin_info.json": JSON.parse(read("integrations/wan2gp/plugin_info.json")).version,
  };
  expect(new Set(Object.values(said)), JSON.stringify(said)).toEqual(new Set([version]));
  expect(read("CHANGELOG.md")).toMatch(
    new RegExp(`^## (?:${version.replaceAll(".", "\\.")}|Unreleased)`, "m"),
  );
});

test("the wire's version is PROTOCOL_VERSION, wherever a page or a program in another language names it", () => {
  const files = execFileSync("git", ["ls-files", "docs", "integrations", "test"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  const named = files.split("\n").flatMap((file) => {
    if (!/\.(?:md|mjs|py)$/.test(file)) return [];
    return [...read(file).matchAll(/\bprotocol"?: ?(\d+)\b/g)].map(([, number]) => [file, Number(number)]);
  });
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter(([, number]) => number !== PROTOCOL_VERSION)).toEqual([]);
});
