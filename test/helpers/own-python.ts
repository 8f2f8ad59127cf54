import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { inject } from "vitest";
import { type GradioVersion, gradioRequirements } from "./find-gradio.ts";
import { isBeingMade, MAKING_LOG, PIP, WHOLE } from "./find-python.ts";
import { waitUntil } from "./wait-until.ts";

/** Waits until the packages are there; the path of the Python that has them. */
export async function ownPython(): Promise<string> {
  return whole(inject("pythonPath"), "integrations/", "test/requirements.txt");
}

/** The same of those that test/hosts runs. */
export async function hostsPython(): Promise<string> {
  return whole(inject("hostsPythonPath"), "test/hosts", "test/hosts/requirements.txt");
}

/** One with Gradio, of those that test/hosts runs. */
export async function gradioPython(version: GradioVersion): Promise<string> {
  return whole(inject("gradioPythons")[version], "test/hosts", gradioRequirements(version));
}

async function whole(python: string, tests: string, requirements: string): Promise<string> {
  const folder = dirname(dirname(python));
  await waitUntil(() => existsSync(join(folder, WHOLE)) || !isBeingMade(folder), {
    timeoutMs: 600_000,
    everyMs: 200,
    what: "the Python packages of the tests",
  });
  if (existsSync(join(folder, WHOLE))) return python;
  const said = readFileSync(join(folder, MAKING_LOG), "utf8");
  throw new Error(
    `The tests of ${tests} need the packages of ${requirements} from PyPI. Let this machine reach it, or tell pip of a mirror (PIP_INDEX_URL) or of a folder of wheels (PIP_FIND_LINKS), so that this succeeds: python3 ${PIP} ${requirements}\n${said}`,
  );
}
