import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { reasonOf } from "../lib/reason-of.ts";
import { type FolderHold, NO_HOLD } from "./folder-hold.ts";

/** Lines of JSON in a file that is begun anew when it is large; what cannot be written waits in memory. */
export interface LineLog {
  /** The text of the file, and of the one that was put aside before it. */
  text(): { newest: string; older: string };
  append(value: unknown): void;
  /** Writes what waits; to be called about once a minute. */
  retry(): void;
  /** Why lines wait for the disk, or `null`. */
  trouble(): string | null;
}

/** The oldest are given up: nothing else bounds what waits while another panel has the folder. */
const MOST_WAITING = 2000;

export interface LineLogOptions {
  file: string;
  /** The name of a file that has grown beyond `largestBytes`. */
  older: string;
  largestBytes: number;
  /** Told once why the file cannot be written, and with `null` when it is written again. */
  onTrouble(reason: string | null): void;
  hold?: Pick<FolderHold, "mayWrite" | "onTaken">;
}

export function createLineLog({
  file,
  older,
  largestBytes,
  onTrouble,
  hold = NO_HOLD,
}: LineLogOptions): LineLog {
  const text = { newest: readText(file), older: readText(older) };
  /** A line that a kill or a full disk cut in the middle must not spoil the next one. */
  let begin = text.newest === "" || text.newest.endsWith("\n") ? "" : "\n";
  let waiting: string[] = [];
  let trouble: string | null = null;

  function write() {
    if (waiting.length === 0 || !hold.mayWrite()) return;
    try {
      // For this user alone: it tells who was here.
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > largestBytes) renameSync(file, older);
      for (const line of [...waiting]) {
        appendFileSync(file, begin + line, { mode: 0o600 });
        begin = "";
        waiting.shift();
      }
      if (trouble !== null) onTrouble(null);
      trouble = null;
    } catch (error) {
      begin = "\n";
      const isNews = trouble === null;
      trouble = reasonOf(error);
      if (isNews) onTrouble(trouble);
    }
  }

  hold.onTaken(write);
  return {
    text: () => text,
    append(value) {
      waiting = [...waiting, `${JSON.stringify(value)}\n`].slice(-MOST_WAITING);
      write();
    },
    retry: write,
    trouble: () => trouble,
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** What is said of such trouble, or of its end. */
export const lineLogWords = (what: string, file: string, reason: string | null): string =>
  reason === null
    ? `${what} is written to ${file} again.`
    : `${what} cannot be written to ${file}: ${reason}. It is kept in memory meanwhile and tried again every minute; --data-dir names another folder.`;
