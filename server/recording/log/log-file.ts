import { type FileHandle, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isoDay } from "./iso-time.ts";
import { expired, type RotationRules, rotatedName } from "./rotation.ts";

export interface LogFileOptions extends RotationRules {
  path: string;
  /** First line of every file; `null`: none. A file that begins otherwise is not ours and is left alone. */
  header: string | null;
  /** Told when writing stops and why, and when it goes on (`null`) and how many lines are missing. */
  onTrouble(trouble: Error | null, lostLines: number): void;
  nowMs?: () => number;
  /** How long writing rests after it has failed. */
  restMs?: number;
}

/** A log that is appended to, line by line. */
export interface LogFile {
  /** Whole lines. They are handed to the system at once and in order; they are lost, and counted, while it refuses. */
  write(lines: string): void;
  /** Writes what waits, then closes. Idempotent. */
  close(): Promise<void>;
}

const REST_MS = 10_000;
/** A disk that hangs must not fill the memory: beyond this, lines are lost and counted. */
const MOST_WAITING_BYTES = 1024 * 1024;

/**
 * Appends to a file, with a new one by size and day. Every write is one call of the system, so that whoever reads
 * along sees whole lines and a killed sidecar has lost at most those that it was about to write. A disk that is full,
 * or a folder that is gone, stops the log and nothing else; it is tried again.
 */
export function createLogFile(options: LogFileOptions): LogFile {
  const { path, header, onTrouble, maxBytes, nowMs = Date.now, restMs = REST_MS } = options;
  let handle: FileHandle | null = null;
  let size = 0;
  let day = "";
  let waiting: string[] = [];
  let waitingBytes = 0;
  let lostLines = 0;
  let failing = false;
  let restUntilMs = 0;
  let closed = false;
  let work: Promise<void> = Promise.resolve();

  async function openFile() {
    await mkdir(dirname(path), { recursive: true });
    const opened = await open(path, "a+", 0o640);
    try {
      const stat = await opened.stat();
      if (!stat.isFile()) throw new Error("it is not a file");
      size = await mendEnd(opened, stat.size, header);
      day = isoDay(stat.size === 0 ? nowMs() : stat.mtimeMs);
    } catch (error) {
      await opened.close();
      throw error;
    }
    handle = opened;
  }

  async function putAside() {
    await handle?.close();
    handle = null;
    const folder = dirname(path);
    const name = basename(path);
    await rename(path, join(folder, rotatedName(name, day, await readdir(folder))));
    for (const old of expired(name, await readdir(folder), nowMs(), options)) await rm(join(folder, old));
  }

  async function append(text: string) {
    if (handle === null) await openFile();
    const bytes = Buffer.byteLength(text);
    if (size > 0 && (size + bytes > maxBytes || day !== isoDay(nowMs()))) {
      await putAside();
      await openFile();
    }
    const whole = size === 0 && header !== null ? `${header}\n${text}` : text;
    const data = Buffer.from(whole);
    const { bytesWritten = 0 } = (await handle?.write(data)) ?? {};
    if (bytesWritten < data.length) {
      // A disk that fills up takes a part: half a line is taken back.
      await handle?.truncate(size);
      throw Object.assign(new Error("no space left on the device"), { code: "ENOSPC" });
    }
    size += bytesWritten;
  }

  async function flush() {
    while (waiting.length > 0) {
      if (failing && nowMs() < restUntilMs && !closed) return lose();
      const text = waiting.join("");
      waiting = [];
      waitingBytes = 0;
      try {
        await append(text);
        if (failing) onTrouble(null, lostLines);
        failing = false;
        lostLines = 0;
      } catch (error) {
        await handle?.close().catch(() => {});
        handle = null;
        lostLines += linesIn(text);
        restUntilMs = nowMs() + restMs;
        if (!failing) onTrouble(error instanceof Error ? error : new Error(String(error)), lostLines);
        failing = true;
      }
    }
  }

  function lose() {
    lostLines += waiting.reduce((sum, text) => sum + linesIn(text), 0);
    waiting = [];
    waitingBytes = 0;
  }

  return {
    write(lines) {
      if (closed || lines === "") return;
      if (waitingBytes > MOST_WAITING_BYTES) {
        lostLines += linesIn(lines);
        return;
      }
      waiting.push(lines);
      waitingBytes += lines.length;
      if (waiting.length === 1) work = work.then(flush);
    },
    async close() {
      closed = true;
      await work;
      await handle?.close().catch(() => {});
      handle = null;
    },
  };
}

const linesIn = (text: string) => text.split("\n").length - 1;
const LONGEST_LINE_BYTES = 64 * 1024;

/**
 * Size of a log that may be appended to. What stands behind its last line break was being written when a sidecar was
 * killed or the disk was full, and is taken off. A file with another first line is somebody else's: an error.
 */
async function mendEnd(file: FileHandle, size: number, header: string | null): Promise<number> {
  if (size === 0) return 0;
  if (header !== null) {
    const expected = Buffer.from(`${header}\n`);
    const { buffer } = await file.read(Buffer.alloc(Math.min(size, expected.length)), 0, null, 0);
    if (!expected.subarray(0, buffer.length).equals(buffer)) throw new Error("it is not a log of this panel");
  }
  const length = Math.min(size, LONGEST_LINE_BYTES);
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
  const whole = size - length + buffer.lastIndexOf("\n") + 1;
  if (whole < size) await file.truncate(whole);
  return whole;
}
