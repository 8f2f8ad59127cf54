import { readdirSync, readFileSync } from "node:fs";

/** Pids of the children of a process, by whichever of its threads they were started. */
export function childrenOf(pid: number): number[] {
  return namesIn(`/proc/${pid}/task`).flatMap((thread) =>
    textOf(`/proc/${pid}/task/${thread}/children`).split(" ").filter(Boolean).map(Number),
  );
}

/** Nothing where the process, or the thread, has just ended. */
function orElse<T>(otherwise: T, readNow: () => T): T {
  try {
    return readNow();
  } catch {
    return otherwise;
  }
}
const namesIn = (folder: string) => orElse<string[]>([], () => readdirSync(folder));
const textOf = (file: string) => orElse("", () => readFileSync(file, "utf8"));
