import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
/** In the environment's folder: written last, so that one that was broken off is made anew. */
export const WHOLE = "requirements.txt";
/** Who makes it, and what that said. */
const MAKER = "maker.pid";
export const MAKING_LOG = "making.log";
export const PIP = "-m pip install --quiet --disable-pip-version-check --no-deps --requirement";
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

/**
 * The tests' own Python with the packages of a file, made once for these versions. Fetching takes a minute in which
 * other tests run: who needs the Python waits by `ownPython()` (own-python.ts).
 */
export function beginPython(requirements: string, what: string): string {
  const base = findBase();
  const version = execFileSync(base, ["-c", "import sys; print(sys.executable, sys.version)"]);
  const hash = createHash("sha256").update(readFileSync(requirements)).update(version).digest("hex");
  const folder = join(CACHE, `venv-${hash.slice(0, 12)}`);
  if (!existsSync(join(folder, WHOLE)) && !isBeingMade(folder)) {
    process.stdout.write(`Being fetched meanwhile: ${what}\n`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const script = `"$1" -m venv "$2" && "$2/bin/python" ${PIP} "$3" && cp "$3" "$2/${WHOLE}.tmp" && mv "$2/${WHOLE}.tmp" "$2/${WHOLE}"`;
    const log = openSync(join(folder, MAKING_LOG), "w");
    const child = spawn("sh", ["-c", script, "sh", base, folder, requirements], {
      stdio: ["ignore", log, log],
    });
    writeFileSync(join(folder, MAKER), String(child.pid));
    child.unref();
  }
  return join(folder, "bin/python");
}

/** Another part of this run, or another run, may have begun. */
export function isBeingMade(folder: string): boolean {
  const pid = existsSync(join(folder, MAKER)) ? Number(readFileSync(join(folder, MAKER), "utf8")) : 0;
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}

export default function setup({ provide }: TestProject) {
  const what = "Python packages of test/requirements.txt, for tests of integrations/";
  provide("pythonPath", beginPython(REQUIREMENTS, what));
}
