import type { TestProject } from "vitest/node";
import { debianProgram } from "./debian-program.ts";

declare module "vitest" {
  interface ProvidedContext {
    nginxPath: string;
  }
}

export function findNginx({ provide }: TestProject) {
  provide("nginxPath", debianProgram("nginx", ["nginx-light"]));
}
