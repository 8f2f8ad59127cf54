import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    pythonPath: string;
  }
}

const MODULES = "import aiohttp, fastapi, uvicorn, websockets, yaml";
const PACKAGES = [
  "python3-aiohttp",
  "python3-fastapi",
  "python3-uvicorn",
  "python3-websockets",
  "python3-yaml",
];
// Debian's packages are for Debian's own Python, which need not be the first on PATH.
const PLACES = [process.env.PYTHON_PATH ?? "", "/usr/bin/python3", "python3"];

function findInstalled(): string | null {
  return PLACES.find((path) => path !== "" && spawnSync(path, ["-c", MODULES]).status === 0) ?? null;
}

/** A Python with FastAPI and uvicorn, for the tests of `integrations/`: one that is here, else Debian's packages. */
export function findPython(): string {
  const installed = findInstalled();
  if (installed !== null) return installed;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    process.stdout.write(`No Python with FastAPI here: apt-get install -y ${PACKAGES.join(" ")}\n`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    execFileSync("apt-get", ["update", "-qq"], { stdio: "inherit", env });
    execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...PACKAGES], {
      stdio: "inherit",
      env,
    });
    const now = findInstalled();
    if (now !== null) return now;
  }
  throw new Error(
    `The tests of integrations/ need Python with aiohttp, FastAPI, uvicorn, websockets and PyYAML. Install them (Debian: sudo apt-get install -y ${PACKAGES.join(" ")}) or set PYTHON_PATH to a Python that has them.`,
  );
}

export default function setup({ provide }: TestProject) {
  provide("pythonPath", findPython());
}
