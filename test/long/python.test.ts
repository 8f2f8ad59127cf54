import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inject, test } from "vitest";
import { ownPython } from "../helpers/own-python.ts";
import { runUnittest } from "../helpers/run-unittest.ts";

const FOLDER = "integrations/python";
const LIMIT_MS = 300_000;

test.concurrent("HUB-1 HUB-2 HUB-2b HUB-2c HUB-3 HUB-3b HUB-5 HUB-6 HUB-6b HUB-6c HUB-6d HUB-7 GRA-8 hosts share one sidecar, and strangers get nothing", {
  timeout: LIMIT_MS,
}, async ({ expect }) => {
  expect(await runUnittest(FOLDER, "test_share")).toContain("OK");
});

test.concurrent("HOST-3b HOST-5 HOST-5b HOST-5c HOST-6 HOST-8 HOST-8b HOST-8c HOST-8d HOST-8e HOST-8f prompts of ComfyUI as jobs, and what is known of them", {
  timeout: LIMIT_MS,
}, async ({ expect }) => {
  expect(await runUnittest(FOLDER, "test_comfyui")).toContain("OK");
});

test.concurrent("HOST-9 HOST-9b HOST-9c HOST-10 runs of A1111 as jobs, and what its form would need", {
  timeout: LIMIT_MS,
}, async ({ expect }) => {
  expect(await runUnittest(FOLDER, "test_a1111")).toContain("OK");
});

test.concurrent("HOST-14 generations of Wan2GP as jobs", { timeout: LIMIT_MS }, async ({ expect }) => {
  expect(await runUnittest(FOLDER, "test_wan2gp")).toContain("OK");
});

test.concurrent("PKG-5b PY-1 the types are whole, and those of a user's script", {
  timeout: LIMIT_MS,
}, async ({ expect }) => {
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  const files = ["python/gpu_status_panel", "test/fixtures/python-user/typed.py"];
  const options = ["-m", "mypy", "--strict", "--cache-dir", join(inject("runFolder"), "mypy"), ...files];
  const env = { ...process.env, MYPYPATH: "python" };
  const checked = promisify(execFile)(await ownPython(), options, { cwd, env });
  // What is wrong it prints, which would not be in the error's own words.
  const { stdout } = await checked.catch((error: { stdout: string }) => error);
  expect(stdout).toMatch(/^Success: no issues found/);
});
