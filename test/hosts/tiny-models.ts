import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const TINY = fileURLToPath(new URL("./tiny_gguf.py", import.meta.url));

/** Two models of the same size with other weights. */
export const MODELS = ["alpha", "beta"] as const;
export type ModelName = (typeof MODELS)[number];

/** Writes them into a folder; their files. @param python one with the packages of requirements.txt */
export function writeTinyModels(folder: string, python: string): string[] {
  const files = MODELS.map((name) => join(folder, `${name}.gguf`));
  execFileSync(python, [TINY, ...files]);
  return files;
}
