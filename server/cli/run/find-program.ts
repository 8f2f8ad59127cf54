import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Whether there is such a program: found out before it waits for hours. On Windows only by trying. */
export function findProgram(name: string, env: NodeJS.ProcessEnv): "found" | "missing" | "not-executable" {
  if (process.platform === "win32") return "found";
  const places = name.includes("/")
    ? [name]
    : (env.PATH ?? "").split(delimiter).map((folder) => join(folder || ".", name));
  const files = places.filter(isFile);
  if (files.length === 0) return "missing";
  return files.some(isExecutable) ? "found" : "not-executable";
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
