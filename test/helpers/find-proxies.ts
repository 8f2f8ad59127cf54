import type { TestProject } from "vitest/node";
import { debianProgram } from "./debian-program.ts";
import { findNginx } from "./find-nginx.ts";

declare module "vitest" {
  interface ProvidedContext {
    caddyPath: string;
  }
}

export default function setup(project: TestProject) {
  findNginx(project);
  project.provide("caddyPath", debianProgram("caddy", ["caddy"]));
}
