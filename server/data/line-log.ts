import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { reasonOf } from "../lib/reason-of.ts";
import { type FolderHold, NO_HOLD } from "./folder-hold.ts";

/** Lines of JSON in a file that is begun anew when it is large; what cannot be written waits in memory. */
export interface LineLog {
  /** The text of the file, and of the one that was put aside before it. */
  text(): { newest: string; older: string };
  append(value: unknown): void;
}

/** The oldest are given up: nothing else bounds what waits while another panel has the folder. */
const MOST_WAITING = 2000;

export interface LineLogOptions {
  file: string;
  /** The name of a file that has grown beyond `largestBytes`. */
  older: string;
  largestBytes: number;
  /** Told once that the file cannot be written. */
  onTrouble(reason: string): void;
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
  let complained = false;

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
    } catch (error) {
      begin = "\n";
      if (!complained) onTrouble(reasonOf(error));
      complained = true;
    }
  }

  hold.onTaken(write);
  return {
    text: () => text,
    append(value) {
      waiting = [...waiting, `${JSON.stringify(value)}\n`].slice(-MOST_WAITING);
      write();
    },
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
