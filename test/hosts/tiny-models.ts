import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hostsPython } from "../helpers/own-python.ts";

const TINY = fileURLToPath(new URL("./tiny_gguf.py", import.meta.url));

/** Two models of the same size with other weights. */
export const MODELS = ["alpha", "beta"] as const;
export type ModelName = (typeof MODELS)[number];

/** Writes them into a folder; their files. */
export async function writeTinyModels(folder: string): Promise<string[]> {
  const files = MODELS.map((name) => join(folder, `${name}.gguf`));
  execFileSync(await hostsPython(), [TINY, ...files]);
  return files;
}
