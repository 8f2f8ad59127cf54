import { type FileHandle, mkdir, open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { wallMs } from "../../lib/clock.ts";
import { isoDay } from "./iso-time.ts";
import { expired, type RotationRules, rotatedName } from "./rotation.ts";

export interface LogFileOptions extends RotationRules {
  path: string;
  /** First line of every file; `null`: none. */
  header: string | null;
  /** How our files begin. One that begins otherwise is somebody else's and is left alone. */
  begins: string;
  /** Told when writing stops and why, and when it goes on (`null`) and how many lines are missing. */
  onTrouble(trouble: Error | null, lostLines: number): void;
  nowMs?: () => number;
  /** How long writing rests after it has failed. */
  restMs: number;
}

/** A log that is appended to, line by line. */
export interface LogFile {
  /** Whole lines. They are handed to the system at once and in order; they are lost, and counted, while it refuses. */
  write(lines: string): void;
  /** Writes what waits, then closes. Idempotent. */
  close(): Promise<void>;
}

/** A disk that hangs must not fill the memory: beyond this, lines are lost and counted. */
const MOST_WAITING_BYTES = 1024 * 1024;

/**
 * Appends to a file, with a new one by size and day. Every write is one call of the system, so that whoever reads
 * along sees whole lines and a killed sidecar has lost at most those that it was about to write. A disk that is full,
 * or a folder that is gone, stops the log and nothing else; it is tried again.
 */
export function createLogFile(options: LogFileOptions): LogFile {
  const { path, header, begins, onTrouble, maxBytes, nowMs = wallMs, restMs } = options;
  let handle: FileHandle | null = null;
  let place = path;
  let day = "";
  let waiting: string[] = [];
  let waitingBytes = 0;
  let lostLines = 0;
  let failing = false;
  let restUntilMs = 0;
  let closed = false;
  let work: Promise<void> = Promise.resolve();

  async function openFile(): Promise<FileHandle> {
    const opened = await openLog(path, begins, nowMs);
    ({ file: handle, place, day } = opened);
    return opened.file;
  }

  async function letGo() {
    await handle?.close();
    handle = null;
  }

  async function append(text: string) {
    // Moved or removed by somebody else: what is written there would be lost.
    if (handle !== null && !(await isAt(handle, place))) await letGo();
    let file = handle ?? (await openFile());
    let { size } = await file.stat();
    if (size > 0 && (size + Buffer.byteLength(text) > maxBytes || day !== isoDay(nowMs()))) {
      await letGo();
      await putAside(place, day, nowMs(), options);
      file = await openFile();
      ({ size } = await file.stat());
    }
    const data = Buffer.from(size === 0 && header !== null ? `${header}\n${text}` : text);
    await writeWhole(file, data, size);
  }

  async function flush() {
    while (waiting.length > 0) {
      if (failing && nowMs() < restUntilMs && !closed) return lose();
      const text = waiting.join("");
      waiting = [];
      waitingBytes = 0;
      try {
        await append(text);
        if (failing || lostLines > 0) onTrouble(null, lostLines);
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

/** Opens the log or begins it. @returns also where it lies, and the day that it is of */
async function openLog(path: string, begins: string, nowMs: () => number, attempts = 3): Promise<OpenLog> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, "a+", 0o640);
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Error("it is not a file");
    await mendEnd(file, found.size, begins);
    const day = isoDay(found.size === 0 ? nowMs() : found.mtimeMs);
    return { file, place: await realpath(path), day };
  } catch (error) {
    await file.close();
    // Another sidecar has put it aside meanwhile.
    if (isMissing(error) && attempts > 1) return openLog(path, begins, nowMs, attempts - 1);
    throw error;
  }
}

interface OpenLog {
  file: FileHandle;
  /** A link to it stays a link. */
  place: string;
  day: string;
}

async function putAside(place: string, day: string, nowMs: number, rules: RotationRules) {
  const folder = dirname(place);
  const name = basename(place);
  const aside = await reserve(folder, name, day);
  try {
    await rename(place, aside);
  } catch (error) {
    await rm(aside, { force: true });
    // Another sidecar that writes to the same file has just done it.
    if (!isMissing(error)) throw error;
  }
  for (const old of expired(name, await readdir(folder), nowMs, rules))
    await rm(join(folder, old), { force: true });
}

/** @param size of the file before */
async function writeWhole(file: FileHandle, data: Buffer, size: number) {
  const { bytesWritten } = await file.write(data);
  if (bytesWritten === data.length) return;
  // A disk that fills up takes a part: half a line is taken back, unless somebody else's stand behind it.
  if ((await file.stat()).size === size + bytesWritten) await file.truncate(size);
  throw Object.assign(new Error("no space left on the device"), { code: "ENOSPC" });
}

const linesIn = (text: string) => text.split("\n").length - 1;
const LONGEST_LINE_BYTES = 64 * 1024;

/**
 * Takes off what stands behind the last line break of a log: it was being written when a sidecar was killed or the disk
 * was full. A file that does not begin as ours do is somebody else's: an error, and nothing is taken off.
 */
async function mendEnd(file: FileHandle, size: number, begins: string): Promise<void> {
  if (size === 0) return;
  const expected = Buffer.from(begins);
  const head = await file.read(Buffer.alloc(Math.min(size, expected.length)), 0, null, 0);
  const isOurs = expected.subarray(0, head.bytesRead).equals(head.buffer);
  const length = Math.min(size, LONGEST_LINE_BYTES);
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
  const end = buffer.lastIndexOf("\n") + 1;
  if (!isOurs || (end === 0 && size > length)) throw new Error("it is not a log of this panel");
  const whole = size - length + end;
  if (whole < size) await file.truncate(whole);
}

/** A name for a file that is put aside, taken by an empty file: another sidecar may look for one at the same time. */
async function reserve(folder: string, name: string, day: string): Promise<string> {
  for (;;) {
    const path = join(folder, rotatedName(name, day, await readdir(folder)));
    try {
      await (await open(path, "wx", 0o640)).close();
      return path;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
  }
}

/** True while the open file is the one that stands at `place`. */
async function isAt(file: FileHandle, place: string): Promise<boolean> {
  try {
    const [ours, there] = [await file.stat(), await stat(place)];
    return ours.ino === there.ino && ours.dev === there.dev;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

const isMissing = (error: unknown) => error instanceof Error && "code" in error && error.code === "ENOENT";
