import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, inject, test } from "vitest";
import { ownPython } from "../helpers/own-python.ts";
import { runUnittest } from "../helpers/run-unittest.ts";

const FOLDER = "integrations/python";
const LIMIT_MS = 300_000;

test.concurrent("PY-1 PY-1b PY-1c PY-2 PY-2b PY-2c PY-3 PY-3b jobs of Python ask, wait, tell and run without the sidecar", {
  timeout: LIMIT_MS,
}, async ({ expect }) => {
  expect(await runUnittest(FOLDER, "test_jobs")).toContain("OK");
});

test.concurrent("PY-4 PY-4b PY-5 the unload hook of Python", { timeout: LIMIT_MS }, async ({ expect }) => {
  expect(await runUnittest(FOLDER, "test_hook")).toContain("OK");
});

test.concurrent("PY-6 PY-7 PY-7b PY-8 PY-8b the panel on the port of a Python app", {
  timeout: LIMIT_MS,
}, async ({ expect }) => {
  expect(await runUnittest(FOLDER, "test_mount")).toContain("OK");
});

test.concurrent("HUB-1 HUB-2 HUB-2b HUB-2c HUB-2d HUB-3 HUB-3b HUB-5 HUB-6 HUB-6b HUB-7 hosts share one sidecar, and strangers get nothing", {
  timeout: LIMIT_MS,
}, async ({ expect }) => {
  expect(await runUnittest(FOLDER, "test_share")).toContain("OK");
});

test.concurrent("PKG-2 PKG-2b PKG-2c PKG-5 HUB-7 HUB-8 the package, its program and a Node to be found", {
  timeout: LIMIT_MS,
}, async ({ expect }) => {
  expect(await runUnittest(FOLDER, "test_package")).toContain("OK");
});

const TYPED = ["python/gpu_status_panel", "test/fixtures/python-user/typed.py"];
test.concurrent.each([[[`${FOLDER}/gpu_status_panel.py`]], [TYPED]])(
  "PKG-5b PY-1 the types are whole: %s",
  {
    timeout: LIMIT_MS,
  },
  async (files) => {
    const cwd = fileURLToPath(new URL("../..", import.meta.url));
    const cache = join(inject("runFolder"), `mypy-${files.length}`);
    const options = ["-m", "mypy", "--strict", "--cache-dir", cache, ...files];
    const env = { ...process.env, MYPYPATH: "python" };
    const checked = promisify(execFile)(await ownPython(), options, { cwd, env });
    // What is wrong it prints, which would not be in the error's own words.
    const { stdout } = await checked.catch((error: { stdout: string }) => error);
    expect(stdout).toMatch(/^Success: no issues found/);
  },
);

test("no Python test is left out", () => {
  const folder = new URL(`../../${FOLDER}/`, import.meta.url);
  const modules = readdirSync(folder).filter((name) => /^test_\w+\.py$/.test(name));
  expect(modules.sort()).toEqual([
    "test_hook.py",
    "test_jobs.py",
    "test_mount.py",
    "test_package.py",
    "test_share.py",
  ]);
});
