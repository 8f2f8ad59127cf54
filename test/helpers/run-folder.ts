import { mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** A folder that lasts as long as this run of all tests, for what its files share. */
    runFolder: string;
  }
}

const MEMORY = "/dev/shm";
const ROOM_BYTES = 2 ** 30;

/** Where each test keeps its own files: in memory where there is room, for SQLite waits for a disk again and again. */
export const testsFolder = (): string => process.env.TESTS_OWN_FOLDER ?? tmpdir();

/** Containers have little there, or allow no programs. */
function hasMemory(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    const mount = readFileSync("/proc/mounts", "utf8")
      .split("\n")
      .findLast((line) => line.split(" ")[1] === MEMORY);
    return bavail * bsize > ROOM_BYTES && mount !== undefined && !mount.includes("noexec");
  } catch {
    return false;
  }
}

export default function setup({ provide }: TestProject) {
  const folder = mkdtempSync(join(tmpdir(), "gpu-panel-run-"));
  provide("runFolder", folder);
  const own = mkdtempSync(join(hasMemory() ? MEMORY : tmpdir(), "gpu-panel-tests-"));
  process.env.TESTS_OWN_FOLDER = own;
  return () => {
    for (const one of [folder, own])
      rmSync(one, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
}
