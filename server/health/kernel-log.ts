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
/** `/dev/kmsg` gives one record a read: more than its buffer can hold, to get to its end. */
const MOST_RECORDS = 200_000;

/**
 * The first of `files` that can be read: an ordinary log, or `/dev/kmsg`. What stood there before is passed over.
 * Nothing is thrown; who may not read the log learns of no Xid.
 */
export function openKernelLog(files: readonly string[] = ["/var/log/kern.log", "/dev/kmsg"]): KernelLog {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let open = files.map((file) => openLog(file)).find((log) => log !== null) ?? null;
  /** The beginning of a line whose end has not come yet. */
  let rest = "";
  if (open !== null && !open.isFile) readAll(open, MOST_RECORDS, () => {});

  function readNew(log: OpenLog): string {
    let text = "";
    readAll(log, MOST_CHUNKS, (bytes) => {
      text += buffer.toString("utf8", 0, bytes);
    });
    return text;
  }

  function readAll(log: OpenLog, most: number, take: (bytes: number) => void) {
    for (let i = 0; i < most; i++) {
      try {
        const bytes = readSync(log.descriptor, buffer, 0, CHUNK_BYTES, log.isFile ? log.at : null);
        if (bytes === 0) return;
        log.at += bytes;
        take(bytes);
      } catch (error) {
        // Records of /dev/kmsg that were overwritten before they were read: the next read goes on behind them.
        if (error instanceof Error && "code" in error && error.code === "EPIPE") continue;
        return;
      }
    }
  }

  return {
    read() {
      if (open === null) return [];
      let text = rest + readNew(open);
      if (wasRotated(open)) {
        closeSync(open.descriptor);
        open = openLog(open.file, 0);
        if (open !== null) text += readNew(open);
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
