import { readdir, readFile, readlink } from "node:fs/promises";

/** Programs that hold a port for another program. */
export const PROXIES: readonly string[] = ["docker-proxy", "rootlessport", "slirp4netns"];
/** Deeper than any launcher that starts a worker: shell, manager, server, engine, worker. */
export const LONGEST_LINEAGE = 8;

/** Inodes of the sockets that a process holds; none of another user's. */
export async function socketsOf(procFolder: string, pid: number): Promise<string[]> {
  const folder = `${procFolder}/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  const targets = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => "")));
  return targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
}

/** The text of a file, empty where there is none to be read. */
export function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
