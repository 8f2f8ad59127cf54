const LISTEN = "0A";

/**
 * Inodes of the sockets that listen on a port, from the text of `/proc/net/tcp` or `tcp6`: columns
 * `sl local_address rem_address st … inode`, addresses in hexadecimal (proc_net_tcp in the kernel's docs). Pure.
 */
export function listeningInodes(text: string, port: number): string[] {
  return text.split("\n").flatMap((line) => {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
    const localPort = Number.parseInt(local.slice(local.lastIndexOf(":") + 1), 16);
    return state === LISTEN && localPort === port && inode !== undefined && inode !== "0" ? [inode] : [];
  });
}

/** Name, parent and start time from the text of `/proc/PID/stat`; a program's name may hold spaces and parentheses. Pure. */
export function parseStat(text: string): { name: string; parent: number; startTime: string } | null {
  const name = text.slice(text.indexOf("(") + 1, text.lastIndexOf(")"));
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const parent = Number(fields[1]);
  const startTime = fields[19];
  return Number.isInteger(parent) && startTime !== undefined ? { name, parent, startTime } : null;
}
