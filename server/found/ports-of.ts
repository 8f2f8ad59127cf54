import { listeners, parseStat } from "../release/owners/parse-proc.ts";
import { LONGEST_LINEAGE, PROXIES, readText, socketsOf } from "../release/owners/read-proc.ts";
import type { ProcessPort } from "./candidates.ts";

/**
 * Where these processes on a GPU, or else the programs that started them, listen on this machine's own address: nearest
 * first. Linux only; of another user's or another container's processes nothing is told.
 */
export async function portsOf(pids: readonly number[], procFolder = "/proc"): Promise<ProcessPort[]> {
  if (process.platform !== "linux" || pids.length === 0) return [];
  const tables = await Promise.all(["net/tcp", "net/tcp6"].map((path) => readText(`${procFolder}/${path}`)));
  const ports = new Map(
    tables.flatMap(listeners).flatMap(({ port, inode, isNear }) => (isNear ? [[inode, port] as const] : [])),
  );
  const all: ProcessPort[] = [];
  for (const pid of pids) all.push(...(await portsOfOne(pid, ports, procFolder)));
  return all;
}

async function portsOfOne(
  pid: number,
  ports: ReadonlyMap<string, number>,
  procFolder: string,
): Promise<ProcessPort[]> {
  const found: ProcessPort[] = [];
  let current = pid;
  for (let depth = 0; depth < LONGEST_LINEAGE && current > 1; depth++) {
    const stat = parseStat(await readText(`${procFolder}/${current}/stat`));
    if (stat === null) break;
    if (!PROXIES.includes(stat.name)) {
      for (const inode of await socketsOf(procFolder, current)) {
        const port = ports.get(inode);
        if (port !== undefined) found.push({ port, pid, process: `${current}@${stat.startTime}` });
      }
    }
    current = stat.parent;
  }
  return found;
}
