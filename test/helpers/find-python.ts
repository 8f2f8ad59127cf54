import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { installPackages } from "./debian-program.ts";

declare module "vitest" {
  interface ProvidedContext {
    pythonPath: string;
  }
}

const CACHE = fileURLToPath(new URL("../../.cache", import.meta.url));
const REQUIREMENTS = fileURLToPath(new URL("../requirements.txt", import.meta.url));

/** A Python that can make an environment; Debian keeps what that takes in a package of its own. */
function findBase(): string {
  const places = [process.env.PYTHON_PATH ?? "", "python3", "/usr/bin/python3"];
  const find = () =>
    places.find((path) => path !== "" && spawnSync(path, ["-c", "import ensurepip, venv"]).status === 0);
  const found = find();
  if (found !== undefined) return found;
  installPackages(["python3-venv"]);
  const now = find();
  if (now !== undefined) return now;
  throw new Error(
    "The tests of integrations/ need Python 3.11 or later with venv. Install it (Debian: sudo apt-get install -y python3-venv) or set PYTHON_PATH to such a Python.",
  );
}

/** The tests' own Python with the packages of `test/requirements.txt`, made once for these versions. */
export function findPython(): string {
  const base = findBase();
  const version = execFileSync(base, ["-c", "import sys; print(sys.executable, sys.version)"]);
  const hash = createHash("sha256").update(readFileSync(REQUIREMENTS)).update(version).digest("hex");
  const folder = join(CACHE, `venv-${hash.slice(0, 12)}`);
  const python = join(folder, "bin/python");
  // Written last: an environment that was broken off is made anew.
  const whole = join(folder, "requirements.txt");
  if (existsSync(whole)) return python;
  process.stdout.write("Not here yet: Python packages of test/requirements.txt, for the tests' own use\n");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  execFileSync(base, ["-m", "venv", folder], { stdio: "inherit" });
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
  if (spawnSync(python, [...pip, REQUIREMENTS], { stdio: "inherit" }).status !== 0)
    throw new Error(
      `The tests of integrations/ need the packages of test/requirements.txt from PyPI. Let this machine reach it, or tell pip of a mirror (PIP_INDEX_URL) or of a folder of wheels (PIP_FIND_LINKS), so that this succeeds: python3 ${pip.join(" ")} test/requirements.txt`,
    );
  copyFileSync(REQUIREMENTS, `${whole}.tmp`);
  renameSync(`${whole}.tmp`, whole);
  return python;
}

export default function setup({ provide }: TestProject) {
  provide("pythonPath", findPython());
}
