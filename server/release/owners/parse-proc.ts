const LISTEN = "0A";
/** All addresses, 127.0.0.1, and both as IPv6 writes them; the last byte stands first. */
const NEAR = /^(?:0{8}|0{32}|0100007F|0{16}FFFF00000100007F)$/;

/**
 * Inodes of the sockets that listen on a port, from the text of `/proc/net/tcp` or `tcp6`: columns
 * `sl local_address rem_address st … inode`, addresses in hexadecimal (proc_net_tcp in the kernel's docs). Pure.
 */
export function listeningInodes(text: string, port: number): string[] {
  return listeners(text).flatMap((one) => (one.port === port ? [one.inode] : []));
}

/** Every socket that listens: its port, its inode, and whether it is reached at 127.0.0.1. Pure. */
export function listeners(text: string): { port: number; inode: string; isNear: boolean }[] {
  return text.split("\n").flatMap((line) => {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
    const at = local.lastIndexOf(":");
    const port = Number.parseInt(local.slice(at + 1), 16);
    if (state !== LISTEN || inode === undefined || inode === "0" || !(port > 0)) return [];
    return [{ port, inode, isNear: NEAR.test(local.slice(0, at)) }];
  });
}

export interface ProcessStat {
  name: string;
  parent: number;
  startTime: string;
  /** A zombie: only its exit code is left. */
  hasEnded: boolean;
}

/** What the text of `/proc/PID/stat` tells; a program's name may hold spaces and parentheses. Pure. */
export function parseStat(text: string): ProcessStat | null {
  const name = text.slice(text.indexOf("(") + 1, text.lastIndexOf(")"));
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const parent = Number(fields[1]);
  const startTime = fields[19];
  const hasEnded = fields[0] === "Z" || fields[0] === "X";
  return Number.isInteger(parent) && startTime !== undefined ? { name, parent, startTime, hasEnded } : null;
}
