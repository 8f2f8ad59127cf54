import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { afterAll, expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../../../build/packs/main.mjs", import.meta.url));
const { comfyProject } = v.parse(
  v.object({ comfyProject: v.function() }),
  await import(new URL("../../../build/packs/comfyui.mjs", import.meta.url).href),
);
const folder = mkdtempSync(join(tmpdir(), "gpu-panel-packs-"));
execFileSync(process.execPath, [MAIN, folder]);
const pack = join(folder, "comfyui");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const files = readdirSync(pack, { recursive: true, encoding: "utf8" }).filter((path) =>
  lstatSync(join(pack, path)).isFile(),
);
const read = (path: string) => readFileSync(join(pack, path), "utf8");

test("HOST-12 the pack for ComfyUI has what ComfyUI, its Manager and its registry read", () => {
  for (const path of ["__init__.py", "web/gpu-status-panel.js", "LICENSE", "README.md", "icon.svg"])
    expect(files).toContain(path);
  expect(read("requirements.txt")).toMatch(
    /^gpu-status-panel>=\d+\.\d+\.\d+\nnodejs-wheel-binaries>=22\.13,<25\n$/,
  );
  expect(read("pyproject.toml")).toMatch(/^name = "gpu-status-panel"$/m);
  expect(read("pyproject.toml")).toMatch(/^\[tool\.comfy\]$/m);
  // Nobody's name or address is made up: the owner's are read from package.json.
  expect(read("pyproject.toml")).toMatch(/^PublisherId = ""$/m);
  expect(read("pyproject.toml")).not.toContain("[project.urls]");
  const owned = { version: "1.2.3", license: "MIT", comfyPublisherId: "somebody" };
  const repository = { type: "git", url: "git+https://example.org/a/b.git" };
  const owners = v.parse(v.record(v.string(), v.string()), comfyProject({ ...owned, repository }));
  const project = owners["pyproject.toml"];
  expect(project).toMatch(/^PublisherId = "somebody"$/m);
  expect(project).toMatch(/^Issues = "https:\/\/example\.org\/a\/b\/issues"$/m);
  for (const name of ["settings", "commands", "main", "nodeDefs"]) {
    const [english, chinese] = ["en", "zh"].map((lang) =>
      Object.keys(JSON.parse(read(`locales/${lang}/${name}.json`))),
    );
    expect(chinese).toEqual(english);
  }
});

test("HOST-12b packs are written anew over what was written before, and where there is anything else nothing is touched", () => {
  const run = () => spawnSync(process.execPath, [MAIN, folder], { encoding: "utf8" });
  // The owner's repository, and what Python has left.
  mkdirSync(join(pack, ".git"));
  writeFileSync(join(pack, ".git/HEAD"), "");
  mkdirSync(join(pack, "__pycache__"));
  writeFileSync(join(pack, "__pycache__/gate.pyc"), "");
  rmSync(join(pack, "LICENSE"));
  expect(run().status).toBe(0);
  expect(existsSync(join(pack, "LICENSE")) && existsSync(join(pack, ".git/HEAD"))).toBe(true);
  rmSync(join(pack, ".git"), { recursive: true });
  writeFileSync(join(pack, "notes.txt"), "mine");
  expect(run()).toMatchObject({ status: 1, stderr: expect.stringContaining("notes.txt") });
  expect(existsSync(join(pack, "LICENSE")) && existsSync(join(pack, "notes.txt"))).toBe(true);
  rmSync(join(pack, "notes.txt"));
});

test("HOST-12 the pack is whole by itself and can be read", () => {
  for (const path of readdirSync(pack, { recursive: true, encoding: "utf8" }))
    expect(lstatSync(join(pack, path)).isSymbolicLink()).toBe(false);
  for (const path of files.filter((one) => one.endsWith(".py"))) {
    for (const [, name = ""] of read(path).matchAll(/^\s*from \.(\w+) import/gm))
      expect(files).toContain(`${name}.py`);
    expect(read(path)).not.toMatch(/\b(?:eval|exec|__import__)\(|subprocess|\bpip\b.*install.*\(/);
  }
  for (const path of files.filter((one) => one.endsWith(".js"))) {
    for (const [, from = ""] of read(path).matchAll(/from "(\.[^"]+)"/g))
      if (!/^\.\.\/\.\.\/scripts\/ap[ip]\.js$/.test(from))
        expect(existsSync(resolve(pack, dirname(path), from))).toBe(true);
    expect(
      Math.max(
        ...read(path)
          .split("\n")
          .map(({ length }) => length),
      ),
    ).toBeLessThan(300);
  }
  for (const path of files.filter((one) => one.endsWith(".md"))) expect(read(path)).not.toContain("](..");
});
