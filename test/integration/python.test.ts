import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { runUnittest } from "../helpers/run-unittest.ts";

const FOLDER = "integrations/python";
const LIMIT_MS = 300_000;

test.concurrent("PY-1 PY-1b PY-1c PY-3 PY-3b PY-3d PY-3e jobs of Python ask, wait, tell and run without the sidecar", {
  timeout: LIMIT_MS,
}, async ({ expect }) => {
  expect(await runUnittest(FOLDER, "test_jobs")).toContain("OK");
});

test.concurrent("PY-1 PY-1d PY-1e PY-2 PY-2b PY-2c PY-3c PY-10 jobs of Python of all kinds, and the GPUs they reserve", {
  timeout: LIMIT_MS,
}, async ({ expect }) => {
  expect(await runUnittest(FOLDER, "test_job_kinds")).toContain("OK");
  expect(await runUnittest(FOLDER, "test_job_places")).toContain("OK");
});

test.concurrent("PY-4 PY-4b PY-5 the unload hook of Python", { timeout: LIMIT_MS }, async ({ expect }) => {
  expect(await runUnittest(FOLDER, "test_hook")).toContain("OK");
});

test.concurrent("PY-6 PY-6b PY-7 PY-7b PY-8 PY-8b HUB-5b SEC-13 the panel on the port of a Python app", {
  timeout: LIMIT_MS,
}, async ({ expect }) => {
  expect(await runUnittest(FOLDER, "test_mount")).toContain("OK");
  expect(await runUnittest(FOLDER, "test_mount_rights")).toContain("OK");
  expect(await runUnittest(FOLDER, "test_mount_wire")).toContain("OK");
});

test.concurrent("GRA-2 GRA-4 GRA-5 GRA-7 GRA-9 parts of the panel in Gradio, without Gradio", {
  timeout: LIMIT_MS,
}, async ({ expect }) => {
  expect(await runUnittest(FOLDER, "test_gradio_parts")).toContain("OK");
});

test.concurrent("PY-9 PY-9b PY-9c PY-9d jobs that run already", { timeout: LIMIT_MS }, async ({ expect }) => {
  expect(await runUnittest(FOLDER, "test_running")).toContain("OK");
});

test.concurrent("HOST-8g HOST-8h a prompt of ComfyUI gives way in its middle, and takes the card back", {
  timeout: LIMIT_MS,
}, async ({ expect }) => {
  expect(await runUnittest(FOLDER, "test_give_way")).toContain("OK");
});

test.concurrent("PKG-2 PKG-2b PKG-2c PKG-5 HUB-7b HUB-8 the package, its program and a Node to be found", {
  timeout: LIMIT_MS,
}, async ({ expect }) => {
  expect(await runUnittest(FOLDER, "test_package")).toContain("OK");
});

test("no Python test is left out", () => {
  const folder = new URL(`../../${FOLDER}/`, import.meta.url);
  const modules = readdirSync(folder).filter((name) => /^test_\w+\.py$/.test(name));
  const inShort = [
    "gradio_parts",
    "hook",
    "job_kinds",
    "job_places",
    "jobs",
    "mount",
    "mount_rights",
    "mount_wire",
  ];
  const here = [...inShort, "give_way", "package", "running"].map((name) => `test_${name}.py`);
  const inLong = ["a1111", "comfyui", "reload", "share", "wan2gp"].map((name) => `test_${name}.py`);
  expect(modules.sort()).toEqual([...here, ...inLong].sort());
});
