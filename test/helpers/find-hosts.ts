import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { beginPython } from "./find-python.ts";

declare module "vitest" {
  interface ProvidedContext {
    hostsPythonPath: string;
  }
}

const REQUIREMENTS = fileURLToPath(new URL("../hosts/requirements.txt", import.meta.url));

export default function setup({ provide }: TestProject) {
  provide("hostsPythonPath", beginPython(REQUIREMENTS, "a real llama-server (67 MB), for test/hosts"));
}
