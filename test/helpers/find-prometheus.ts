import type { TestProject } from "vitest/node";
import { debianProgram } from "./debian-program.ts";

declare module "vitest" {
  interface ProvidedContext {
    prometheusPath: string;
    promtoolPath: string;
  }
}

export default function setup({ provide }: TestProject) {
  provide("prometheusPath", debianProgram("prometheus", ["prometheus"]));
  provide("promtoolPath", debianProgram("promtool", ["prometheus"]));
}
