import { closeSync, mkdirSync, openSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import type Libsql from "libsql";

/** SQLite's binary is missing where the package has none for this platform; then everything is kept in memory only. */
const sqlite = await import("libsql").then(
  (module) => module.default,
  () => null,
);

export type Sql = Libsql.Database;

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
        closeSafely(sql);
        sql = null;
        return otherwise;
      }
    },
    transact(work) {
      this.use((open) => inTransaction(open, () => work(open)), undefined);
    },
    close() {
      if (sql !== null) closeSafely(sql);
      sql = null;
    },
  };
}

function openSafely(file: string, complain: (message: string) => void): Sql | null {
  const memoryOnly = (why: string) => {
    complain(`${why}. Jobs are kept in memory only and are forgotten when the sidecar ends.`);
    return null;
  };
  if (sqlite === null) return memoryOnly("SQLite (the package libsql) cannot be loaded on this machine");
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    // For this user alone: it tells who was here.
    closeSync(openSync(file, "a", 0o600));
  } catch (error) {
    return memoryOnly(`${file} cannot be written: ${reasonOf(error)}. Choose a folder with --data-dir`);
  }
  try {
    return open(file, sqlite);
  } catch (error) {
    try {
      const aside = moveAside(file);
      complain(`${file} cannot be used: ${reasonOf(error)}. It was moved to ${aside} and begun anew.`);
      return open(file, sqlite);
    } catch (again) {
      return memoryOnly(`${file} cannot be used: ${reasonOf(error)}, nor replaced: ${reasonOf(again)}`);
    }
  }
}

function open(file: string, Sqlite: NonNullable<typeof sqlite>): Sql {
  const sql = new Sqlite(file);
  try {
    sql.exec(`PRAGMA busy_timeout = ${LOCK_PATIENCE_MS}`);
    // Two sidecars must not take each other's jobs for their own; the kernel lifts the lock however this one ends.
    sql.pragma("locking_mode = EXCLUSIVE");
    sql.pragma("journal_mode = WAL");
    // What is committed is in the kernel's hands and survives our death. Only a power cut takes the last commits
    // back, and with them go the jobs; waiting for the disk would hold up the samples.
    sql.pragma("synchronous = NORMAL");
    const [check] = sql.prepare("PRAGMA quick_check(1)").all();
    if (!isRow(check) || Object.values(check)[0] !== "ok") throw new Error("the file is damaged");
    migrate(sql);
    return sql;
  } catch (error) {
    closeSafely(sql);
    throw error;
  }
}

function migrate(sql: Sql) {
  const row = sql.prepare("PRAGMA user_version").get();
  const version = isRow(row) && typeof row.user_version === "number" ? row.user_version : 0;
  if (version > MIGRATIONS.length) throw new Error(`it is of a newer version (${version})`);
  inTransaction(sql, () => {
    for (const step of MIGRATIONS.slice(version)) sql.exec(step);
    sql.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
  });
}

/** All or nothing. */
function inTransaction(sql: Sql, work: () => void) {
  sql.exec("BEGIN IMMEDIATE");
  try {
    work();
    sql.exec("COMMIT");
  } catch (error) {
    sql.exec("ROLLBACK");
    throw error;
  }
}

function moveAside(file: string): string {
  const aside = `${file}.${new Date().toISOString().replaceAll(":", "-")}.bad`;
  renameSync(file, aside);
  // What belongs to the old file would spoil the new one.
  for (const part of ["-wal", "-shm", "-journal"]) {
    try {
      renameSync(file + part, aside + part);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
  return aside;
}

function closeSafely(sql: Sql) {
  try {
    // `close` leaves the file locked for as long as a statement awaits garbage collection, unless the lock is let go.
    sql.pragma("journal_mode = DELETE");
    sql.pragma("locking_mode = NORMAL");
    sql.prepare("PRAGMA user_version").get();
  } catch {
    // A damaged file has no such state.
  }
  try {
    sql.close();
  } catch {
    // It is out of use either way.
  }
}

function isRow(row: unknown): row is Record<string, unknown> {
  return typeof row === "object" && row !== null;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
