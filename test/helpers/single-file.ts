import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The Python file that people copy is made of the modules of the package, and no part of the repository. */
export default function setup() {
  execFileSync(process.execPath, [
    fileURLToPath(new URL("../../build/python/single-file.mjs", import.meta.url)),
  ]);
}
