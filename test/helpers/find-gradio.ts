import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { findNginx } from "./find-nginx.ts";
import { beginPython } from "./find-python.ts";

declare module "vitest" {
  interface ProvidedContext {
    gradioPythons: Record<GradioVersion, string>;
  }
}

/** The versions that are in use, each with an environment of its own. */
export const GRADIO_VERSIONS = [6, 5, 4] as const;
export type GradioVersion = (typeof GRADIO_VERSIONS)[number];

/** From the root of the project. */
export const gradioRequirements = (version: GradioVersion) => `test/hosts/gradio/requirements-${version}.txt`;

function begin(version: GradioVersion): string {
  const file = fileURLToPath(new URL(`../../${gradioRequirements(version)}`, import.meta.url));
  return beginPython(file, `Gradio ${version} with what it brings, for test/hosts`);
}

export default function setup(project: TestProject) {
  // Before which one of its tests puts it.
  findNginx(project);
  project.provide("gradioPythons", { 6: begin(6), 5: begin(5), 4: begin(4) });
}
