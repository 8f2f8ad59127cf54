import { reasonOf } from "../lib/reason-of.ts";
import { inTransaction } from "../lib/sqlite/in-transaction.ts";
import { moveAside } from "../lib/sqlite/move-aside.ts";
import { closeSql, openSqlFile, type Sql } from "../lib/sqlite/open-file.ts";

export type { Sql } from "../lib/sqlite/open-file.ts";

/** The database of what the sidecar has to know after a restart: jobs, and what was learned of them. */
export interface CapacityDatabase {
  /** Works with the database; where there is none, or it fails (said once), it is `otherwise`. */
  use<T>(work: (sql: Sql) => T, otherwise: T): T;
  /** As `use`, all or nothing. */
  transact(work: (sql: Sql) => void): void;
  close(): void;
}

/** One step each from one version of the schema (`user_version`) to the next. Steps are only ever added. */
const MIGRATIONS: readonly string[] = [
  "CREATE TABLE jobs (id TEXT PRIMARY KEY, place INTEGER NOT NULL, body TEXT NOT NULL)",
  "CREATE TABLE signatures (id INTEGER PRIMARY KEY, body TEXT NOT NULL)",
  "CREATE TABLE sessions (id TEXT PRIMARY KEY, started INTEGER NOT NULL, body TEXT NOT NULL)",
];

/** A predecessor that is just ending may still hold the file. */
const LOCK_PATIENCE_MS = 2000;

/**
 * Opens the file, or begins it. One that is corrupt, of a newer version or held by another program is moved aside;
 * where that does not help either, everything is kept in memory. Never throws.
 * @param complain told in words what does not work
 */
export function openDatabase(file: string, complain: (message: string) => void): CapacityDatabase {
  let sql = openSafely(file, complain);
  return {
    use(work, otherwise) {
      if (sql === null) return otherwise;
      try {
        return work(sql);
      } catch (error) {
        complain(`${file} fails: ${reasonOf(error)}. Jobs are kept in memory only from now on.`);
        closeSql(sql);
        sql = null;
        return otherwise;
      }
    },
    transact(work) {
      this.use((open) => inTransaction(open, () => work(open)), undefined);
    },
    close() {
      if (sql !== null) closeSql(sql);
      sql = null;
    },
  };
}

function openSafely(file: string, complain: (message: string) => void): Sql | null {
  const memoryOnly = (why: string) => {
    complain(`${why}. Jobs are kept in memory only and are forgotten when the sidecar ends.`);
    return null;
  };
  const rules = { migrations: MIGRATIONS, lockPatienceMs: LOCK_PATIENCE_MS };
  const first = openSqlFile(file, rules);
  if (first.state === "open") return first.sql;
  if (first.state === "no-sqlite")
    return memoryOnly("SQLite (the package libsql) cannot be loaded on this machine");
  const { reason } = first;
  if (first.state === "unwritable")
    return memoryOnly(`${file} cannot be written: ${reason}. Choose a folder with --data-dir`);
  try {
    const aside = moveAside(file);
    complain(`${file} cannot be used: ${reason}. It was moved to ${aside} and begun anew.`);
  } catch (error) {
    return memoryOnly(`${file} cannot be used: ${reason}, nor replaced: ${reasonOf(error)}`);
  }
  const second = openSqlFile(file, rules);
  if (second.state === "open") return second.sql;
  const again = "reason" in second ? second.reason : second.state;
  return memoryOnly(`${file} cannot be used: ${reason}, nor replaced: ${again}`);
}
