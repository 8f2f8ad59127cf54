import { statSync } from "node:fs";
import { join } from "node:path";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import { createEmitter } from "../lib/emitter.ts";
import { type FileLock, lockFile } from "../lib/sqlite/file-lock.ts";
import { type Holder, readHolder, removeHolder, writeHolder } from "./holder-note.ts";

/** The right to write into the data folder: one panel has it at a time, for its whole life. */
export interface FolderHold {
  /** False while another panel has the folder: then everything is kept in memory. */
  mayWrite(): boolean;
  /** Says that another panel has the folder, or `null`. */
  problem(): Problem | null;
  /** Told when the folder was another's and is ours now. */
  onTaken(listener: () => void): () => void;
  /** Tries to take the folder; to be called about once a minute. */
  retry(): void;
  close(): void;
}

export interface FolderHoldOptions {
  folder: string;
  /** The demo's files are others; both may run at the same time. */
  demo: boolean;
  self: Holder;
  /** Told once in words that another panel has the folder, and when it is ours. */
  complain(message: string): void;
}

/** Of a folder that only this process knows, as in a replay. */
export const NO_HOLD: FolderHold = {
  mayWrite: () => true,
  problem: () => null,
  onTaken: () => () => {},
  retry() {},
  close() {},
};

/** Names of the files by which panels know of each other. */
export const holdFiles = (folder: string, demo: boolean) => {
  const name = demo ? "in-use-demo" : "in-use";
  return { lock: join(folder, `${name}.lock`), note: join(folder, `${name}.json`) };
};

/** Takes the folder, or notes who has it. Never throws. */
export function holdFolder({ folder, demo, self, complain }: FolderHoldOptions): FolderHold {
  const files = holdFiles(folder, demo);
  const taken = createEmitter<void>();
  let lock: FileLock | null = null;
  let inode: number | null = null;
  let trouble: Problem | null = null;

  function take() {
    const result = lockFile(files.lock);
    if (result === "held") {
      const isNews = trouble === null;
      trouble = problem("folder-held", { panel: nameOf(readHolder(files.note)), folder });
      if (isNews) complain(`${trouble.message} ${trouble.advice}`);
      return;
    }
    if (result !== "unknown") {
      lock = result;
      inode = inodeOf(files.lock);
      writeHolder(files.note, self);
    }
    if (trouble === null) return;
    trouble = null;
    complain(`the data folder ${folder} is free now: what was kept in memory is written to it.`);
    taken.emit();
  }

  take();
  return {
    mayWrite: () => trouble === null,
    problem: () => trouble,
    onTaken: taken.subscribe,
    retry() {
      if (lock !== null && inodeOf(files.lock) === inode) return;
      // The folder was removed: a lock on a file that nobody finds any more keeps nobody out.
      lock?.release();
      lock = null;
      take();
    },
    close() {
      if (lock === null) return;
      removeHolder(files.note);
      lock.release();
      lock = null;
    },
  };
}

/** Facts without words, as they stand in every language. */
function nameOf(holder: Holder | null): string {
  if (holder === null) return "?";
  const { pid, host, url } = holder;
  return [...(url === null ? [] : [url]), `pid ${pid}`, host].join(", ");
}

function inodeOf(file: string): number | null {
  return statSync(file, { throwIfNoEntry: false })?.ino ?? null;
}
