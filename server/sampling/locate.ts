import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { splitCommandLine } from "../lib/command-line.ts";

/** Where nvidia-smi lives when it is not on PATH: under WSL, and on Windows. */
const OTHER_PLACES = [
  "/usr/lib/wsl/lib/nvidia-smi",
  "C:\\Windows\\System32\\nvidia-smi.exe",
  "C:\\Program Files\\NVIDIA Corporation\\NVSMI\\nvidia-smi.exe",
];

/** No path holds more blanks than this. */
const MOST_BLANKS = 100;

/** The nvidia-smi of this machine as a command, or `null` where there is none. */
export function locateNvidiaSmi(env: NodeJS.ProcessEnv): string[] | null {
  const name = process.platform === "win32" ? "nvidia-smi.exe" : "nvidia-smi";
  const onPath = (env.PATH ?? "").split(delimiter).map((folder) => join(folder, name));
  const path = [...onPath, ...OTHER_PLACES].find(isExecutable);
  return path === undefined ? null : [path];
}

/**
 * What `--nvidia-smi` names: a file, with or without arguments, whose path is taken whole although it may hold blanks, or
 * else a command line. Where no file is found at a path, it is told as it was given and not cut at its first blank.
 */
export function commandOf(option: string): string[] | null {
  const file = leadingFile(option);
  const rest = splitCommandLine(option.slice(file?.length ?? 0));
  if (file !== null) return rest && [file, ...rest];
  const isPath = /^[^\s'"]*[/\\]/.test(option) && !/['"]/.test(option);
  if (isPath) return [option];
  return rest === null || rest.length === 0 ? null : rest;
}

/** The shortest beginning of a command line, up to a blank or its end, that is a file's path. */
function leadingFile(line: string): string | null {
  for (const { index } of [...line.matchAll(/\s|$/g)].slice(0, MOST_BLANKS)) {
    const path = line.slice(0, index);
    if (isFile(path)) return path;
  }
  return null;
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
