import { test } from "vitest";
import { runUnittest } from "../helpers/run-unittest.ts";

const FOLDER = "integrations/python";
const LIMIT_MS = 300_000;

test.concurrent("HUB-1 HUB-2 HUB-2b HUB-2c HUB-3 HUB-3b HUB-5 HUB-6 HUB-6b HUB-6c HUB-6d HUB-7 GRA-8 hosts share one sidecar, and strangers get nothing", {
  timeout: LIMIT_MS,
}, async ({ expect }) => {
  expect(await runUnittest(FOLDER, "test_share")).toContain("OK");
});

test.concurrent("HOST-3b HOST-5 HOST-5b HOST-5c HOST-6 HOST-8 HOST-8b HOST-8c HOST-8d prompts of ComfyUI as jobs, and what is known of them", {
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
