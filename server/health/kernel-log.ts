import { closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";
import type { Xid } from "./moment.ts";

/** Reads what the driver has written to the kernel's log since the last time. */
export interface KernelLog {
  /** New errors, oldest first; none where no log can be read. */
  read(): Xid[];
  close(): void;
}

/** `NVRM: Xid (PCI:0000:01:00): 79, pid=1234, name=python, GPU has fallen off the bus.` */
const XID = /NVRM: Xid \(PCI:([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2})(?:\.\d)?\): (\d{1,3})\b/gi;
const CHUNK_BYTES = 64 * 1024;
/** Of a log that has run ahead, and of one turn. */
const MOST_CHUNKS = 64;

/**
 * The first of `files` that can be read: an ordinary log, or `/dev/kmsg`. What stood there before is passed over.
 * Nothing is thrown; who may not read the log learns of no Xid.
 */
export function openKernelLog(files: readonly string[] = ["/var/log/kern.log", "/dev/kmsg"]): KernelLog {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let open = files.map((file) => openLog(file)).find((log) => log !== null) ?? null;
  /** The beginning of a line whose end has not come yet. */
  let rest = "";
  if (open !== null && !open.isFile) readAll(open);

  function readAll(log: OpenLog): string {
    let text = "";
    for (let i = 0; i < MOST_CHUNKS; i++) {
      try {
        const bytes = readSync(log.descriptor, buffer, 0, CHUNK_BYTES, log.isFile ? log.at : null);
        if (bytes === 0) break;
        log.at += bytes;
        text += buffer.toString("utf8", 0, bytes);
      } catch (error) {
        // Records of /dev/kmsg that were overwritten before they were read: the next read goes on behind them.
        if (error instanceof Error && "code" in error && error.code === "EPIPE") continue;
        break;
      }
    }
    return text;
  }

  return {
    read() {
      if (open === null) return [];
      let text = rest + readAll(open);
      if (wasRotated(open)) {
        closeSync(open.descriptor);
        open = openLog(open.file, 0);
        if (open !== null) text += readAll(open);
      }
      const end = text.lastIndexOf("\n") + 1;
      rest = text.slice(end).slice(-CHUNK_BYTES);
      return [...text.slice(0, end).matchAll(XID)].map(([, busId = "", code]) => ({
        busId,
        code: Number(code),
      }));
    },
    close() {
      if (open !== null) closeSync(open.descriptor);
      open = null;
    },
  };
}

interface OpenLog {
  file: string;
  descriptor: number;
  isFile: boolean;
  inode: number;
  /** How far a file has been read, bytes. */
  at: number;
}

/** @param at where to begin; at its end, unless it says otherwise */
function openLog(file: string, at?: number): OpenLog | null {
  try {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(descriptor);
    return { file, descriptor, isFile: stat.isFile(), inode: stat.ino, at: at ?? stat.size };
  } catch {
    return null;
  }
}

/** Another file has taken its place, or it was emptied. */
function wasRotated({ file, inode, isFile, at }: OpenLog): boolean {
  if (!isFile) return false;
  const now = statSync(file, { throwIfNoEntry: false });
  return now !== undefined && (now.ino !== inode || now.size < at);
}
