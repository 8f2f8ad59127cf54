import { networkInterfaces } from "node:os";
import type { Backend } from "../backends/backend.ts";
import { listeningInodes, parseStat } from "./parse-proc.ts";
import { LONGEST_LINEAGE, PROXIES, readText, socketsOf } from "./read-proc.ts";

const MOST_REMEMBERED = 1000;

/** Finds out which process belongs to which backend: the one that listens on its port, and its children. */
export interface ProcessOwners {
  /** Looks the processes up; then `ownerOf` knows them. Never throws. */
  update(pids: readonly number[]): Promise<void>;
  /** Id of the backend, or `undefined` where that cannot be told. */
  ownerOf(pid: number): string | undefined;
  /** A process of this backend was among those looked up, so that the others are known not to be it. */
  isFound(backendId: string): boolean;
  /** Its processes among those looked up, each as `pid@start`: a PID is used again, together with its start time it is not. */
  processesOf(backendId: string): readonly string[];
}

/**
 * Linux only; elsewhere, in another PID namespace or for another user's processes nothing is found.
 * @param backends those of now, with where they listen; those on other machines have no process here
 */
export function createProcessOwners(
  backends: readonly Pick<Backend, "id" | "url" | "places">[],
  procFolder = "/proc",
): ProcessOwners {
  /** By address; looked up once. */
  const ports = new Map<string, number | null>();
  const portOf = (url: string) => {
    const port = ports.get(url) ?? localPort(url);
    // Apps that are started anew listen at other ports than before.
    if (ports.size > MOST_REMEMBERED) ports.clear();
    ports.set(url, port);
    return port;
  };
  const localOnes = () =>
    backends.flatMap(({ id, url, places }) =>
      (places?.() ?? [url]).flatMap((place) => {
        const port = place === null ? null : portOf(place);
        return port === null ? [] : [{ id, port }];
      }),
    );
  let owners = new Map<number, string>();
  let found = new Map<string, string[]>();
  const remembered = new Map<string, string>();

  async function inodesByBackend(local: ReturnType<typeof localOnes>): Promise<Map<string, string>> {
    const tables = await Promise.all(
      ["net/tcp", "net/tcp6"].map((path) => readText(`${procFolder}/${path}`)),
    );
    const inodes = new Map<string, string>();
    for (const { id, port } of local) {
      for (const table of tables) for (const inode of listeningInodes(table, port)) inodes.set(inode, id);
    }
    return inodes;
  }

  /** The backend whose listening socket the process holds, or else its nearest ancestor. */
  async function lookUp(
    pid: number,
    inodes: ReadonlyMap<string, string>,
  ): Promise<{ owner: string; key: string } | undefined> {
    let current = pid;
    let key: string | undefined;
    for (let depth = 0; depth < LONGEST_LINEAGE && current > 1; depth++) {
      const stat = parseStat(await readText(`${procFolder}/${current}/stat`));
      if (stat === null) return undefined;
      key ??= `${pid}@${stat.startTime}`;
      const known = remembered.get(key);
      if (known !== undefined && [...inodes.values()].includes(known)) return { owner: known, key };
      const owner = PROXIES.includes(stat.name) ? undefined : await holderOf(current, inodes);
      if (owner !== undefined) {
        if (remembered.size > MOST_REMEMBERED) remembered.clear();
        remembered.set(key, owner);
        return { owner, key };
      }
      current = stat.parent;
    }
    return undefined;
  }

  async function holderOf(pid: number, inodes: ReadonlyMap<string, string>): Promise<string | undefined> {
    for (const inode of await socketsOf(procFolder, pid)) {
      const owner = inodes.get(inode);
      if (owner !== undefined) return owner;
    }
    return undefined;
  }

  return {
    async update(pids) {
      const local = localOnes();
      if (process.platform !== "linux") return;
      // Without backends or processes nothing is read, and what was one's is nobody's any more.
      const isEmpty = local.length === 0 || pids.length === 0;
      const inodes = isEmpty ? new Map<string, string>() : await inodesByBackend(local);
      const next = new Map<number, string>();
      const nextFound = new Map<string, string[]>();
      for (const pid of inodes.size === 0 ? [] : pids) {
        const looked = await lookUp(pid, inodes);
        if (looked === undefined) continue;
        next.set(pid, looked.owner);
        nextFound.set(looked.owner, [...(nextFound.get(looked.owner) ?? []), looked.key]);
      }
      owners = next;
      found = nextFound;
    },
    ownerOf: (pid) => owners.get(pid),
    isFound: (backendId) => found.has(backendId),
    processesOf: (backendId) => found.get(backendId) ?? [],
  };
}

/** The port of an address on this machine; `null` for one of another machine. */
function localPort(url: string): number | null {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const own = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map(({ address }) => address),
  );
  const isLocal = host === "localhost" || host === "0.0.0.0" || host.startsWith("127.") || own.includes(host);
  if (!isLocal) return null;
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}
