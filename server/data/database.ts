import type { Problem } from "../../shared/problems/problem.ts";
import { createEmitter } from "../lib/emitter.ts";
import { inTransaction } from "../lib/sqlite/in-transaction.ts";
import { openKeptFile } from "../lib/sqlite/kept-file.ts";
import type { Sql } from "../lib/sqlite/open-file.ts";
import { fileProblem } from "./file-problem.ts";
import { type FolderHold, NO_HOLD } from "./folder-hold.ts";

export type { Sql } from "../lib/sqlite/open-file.ts";

/** One record to write or to delete. */
export interface Change {
  /** Names the record: while the file cannot be used, only the last change of each waits. */
  key: string;
  apply(sql: Sql): void;
}

/** The database of what the sidecar has to know after a restart: jobs, and what was learned of them. */
export interface CapacityDatabase {
  /** Reads from the database; while it cannot be used, it is `otherwise`. */
  use<T>(work: (sql: Sql) => T, otherwise: T): T;
  /** Writes all or nothing, now or as soon as the file can be used. */
  save(changes: readonly Change[]): void;
  /**
   * Told when a file can be used that could not be, or is another one than before; what waited is written. It may hold
   * another's records, and lack what was written earlier.
   */
  onOpened(listener: () => void): () => void;
  /** Writes what waits; to be called about once a minute. */
  retry(): void;
  /** What keeps records from the disk, or `null`. */
  problem(): Problem | null;
  close(): void;
}

/** One step each from one version of the schema (`user_version`) to the next. Steps are only ever added. */
const MIGRATIONS: readonly string[] = [
  "CREATE TABLE jobs (id TEXT PRIMARY KEY, place INTEGER NOT NULL, body TEXT NOT NULL)",
  "CREATE TABLE signatures (id INTEGER PRIMARY KEY, body TEXT NOT NULL)",
  "CREATE TABLE sessions (id TEXT PRIMARY KEY, started INTEGER NOT NULL, body TEXT NOT NULL)",
  "CREATE TABLE learned (id INTEGER PRIMARY KEY, body TEXT NOT NULL)",
];
/** Fails where a table is missing, whatever the version says. */
const CHECK =
  "SELECT (SELECT 1 FROM jobs), (SELECT 1 FROM signatures), (SELECT 1 FROM learned), (SELECT 1 FROM sessions)";

/**
 * Opens the file, or begins it. What cannot be written for now waits in memory; only a damaged file is moved aside.
 * Never throws.
 * @param complain told once in words what does not work, and when it works again
 * @param hold says whether another panel has the folder
 */
export function openDatabase(
  file: string,
  complain: (message: string) => void,
  hold: Pick<FolderHold, "mayWrite"> = NO_HOLD,
): CapacityDatabase {
  const opened = createEmitter<void>();
  /** The file is another one than before, or was away: it may lack records of ours and hold others. */
  let missed = false;
  const kept = openKeptFile({
    file,
    what: "the record of jobs",
    migrations: MIGRATIONS,
    prepare(sql) {
      sql.prepare(CHECK).get();
      missed = true;
    },
    mayWrite: hold.mayWrite,
    complain,
  });
  /** The last change of each record, until the file can be used. */
  const waiting = new Map<string, Change>();
  missed = kept.trouble() !== null;

  function flush() {
    const written = kept.write((_, sql) => {
      inTransaction(sql, () => {
        for (const change of waiting.values()) change.apply(sql);
      });
    });
    if (!written) {
      missed = true;
      return;
    }
    waiting.clear();
    if (!missed) return;
    missed = false;
    // Whoever is writing now must have finished its step before it reads.
    queueMicrotask(opened.emit);
  }

  return {
    use: (work, otherwise) => (waiting.size > 0 ? null : kept.attempt((_, sql) => work(sql))) ?? otherwise,
    save(changes) {
      if (changes.length === 0) return;
      for (const change of changes) waiting.set(change.key, change);
      flush();
    },
    onOpened: opened.subscribe,
    retry() {
      if (missed || waiting.size > 0) flush();
    },
    problem: () => fileProblem(file, kept.trouble()),
    close() {
      if (waiting.size > 0) flush();
      kept.close();
    },
  };
}
