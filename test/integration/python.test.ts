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

test.concurrent("PY-1 PY-1b PY-1c PY-2 PY-2b PY-3 PY-3b jobs of Python ask, wait, tell and run without the sidecar", {
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

test.concurrent("PY-1 the file's types are whole", { timeout: LIMIT_MS }, async ({ expect }) => {
  const file = fileURLToPath(new URL(`../../${FOLDER}/gpu_status_panel.py`, import.meta.url));
  const options = ["-m", "mypy", "--strict", "--cache-dir", join(inject("runFolder"), "mypy"), file];
  const checked = promisify(execFile)(await ownPython(), options);
  // What is wrong it prints, which would not be in the error's own words.
  const { stdout } = await checked.catch((error: { stdout: string }) => error);
  expect(stdout).toMatch(/^Success: no issues found/);
});

test("no Python test is left out", () => {
  const folder = new URL(`../../${FOLDER}/`, import.meta.url);
  const modules = readdirSync(folder).filter((name) => /^test_\w+\.py$/.test(name));
  expect(modules.sort()).toEqual(["test_hook.py", "test_jobs.py", "test_mount.py"]);
});
