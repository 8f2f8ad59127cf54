import type { TestProject } from "vitest/node";
import { debianProgram } from "./debian-program.ts";

declare module "vitest" {
  interface ProvidedContext {
    opensslPath: string;
  }
}

export default function setup({ provide }: TestProject) {
  provide("opensslPath", debianProgram("openssl", ["openssl"]));
}
