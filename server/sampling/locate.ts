import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { splitCommandLine } from "../lib/command-line.ts";

/** Where nvidia-smi lives when it is not on PATH: under WSL, and on Windows. */
const OTHER_PLACES = [
  "/usr/lib/wsl/lib/nvidia-smi",
  "C:\\Windows\\System32\\nvidia-smi.exe",
  "C:\\Program Files\\NVIDIA Corporation\\NVSMI\\nvidia-smi.exe",
];

/** The nvidia-smi of this machine as a command, or `null` where there is none. */
export function locateNvidiaSmi(env: NodeJS.ProcessEnv): string[] | null {
  const name = process.platform === "win32" ? "nvidia-smi.exe" : "nvidia-smi";
  const onPath = (env.PATH ?? "").split(delimiter).map((folder) => join(folder, name));
  const path = [...onPath, ...OTHER_PLACES].find(isExecutable);
  return path === undefined ? null : [path];
}

/** What `--nvidia-smi` names: a file, taken whole although its path may hold spaces, or else a command line. */
export function commandOf(option: string): string[] | null {
  if (isFile(option)) return [option];
  const words = splitCommandLine(option);
  return words === null || words.length === 0 ? null : words;
}

function isFile(path: string): boolean {
  // existsSync takes every error for a no: a file in place of a folder, a command line that is too long for a name.
  return existsSync(path) && statSync(path).isFile();
}

function isExecutable(path: string): boolean {
  if (!isFile(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
