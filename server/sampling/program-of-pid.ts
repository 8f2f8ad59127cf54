import { readFile, readlink } from "node:fs/promises";

/**
 * The program that a process of this machine was started as, its blanks included; `null` where that cannot be told. Where
 * a process has written a title over its arguments, only the kernel's word counts.
 */
export async function programOfPid(pid: number, procFolder = "/proc"): Promise<string | null> {
  const [program = "", ...rest] = await readFile(`${procFolder}/${pid}/cmdline`, "utf8").then(
    (text) => text.split("\0"),
    () => [],
  );
  if (!program.startsWith("/")) return null;
  if (rest.length > 1) return program;
  return (await readlink(`${procFolder}/${pid}/exe`).catch(() => null)) === program ? program : null;
}
