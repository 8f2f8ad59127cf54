import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { reasonOf } from "../reason-of.ts";
import { createFile } from "./create-file.ts";
import { engine } from "./engine.ts";
import { inTransaction } from "./in-transaction.ts";
import type { Engine, Sql } from "./sql.ts";

export type { Sql } from "./sql.ts";

/** A file that is open, or why it is not. `held`: by another program, for now. `newer`: of a newer version. */
export type Opened =
  | { state: "open"; sql: Sql }
  | { state: "no-sqlite" }
  | { state: "unwritable" | "held" | "newer" | "damaged"; reason: string };

export interface OpenRules {
  /** One step each from one version of the schema (`user_version`) to the next. Steps are only ever added. */
  migrations: readonly string[];
  /** How long to wait, everything else held up, for a predecessor that is just ending. */
  lockPatienceMs: number;
}

/** Opens a database for this process alone, or begins it, and brings it to the newest version. Never throws. */
export function openSqlFile(file: string, rules: OpenRules): Opened {
  if (engine === null) return { state: "no-sqlite" };
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    // For this user alone: it tells who was here.
    createFile(file);
  } catch (error) {
    return { state: "unwritable", reason: reasonOf(error) };
  }
  try {
    return { state: "open", sql: open(file, engine, rules) };
  } catch (error) {
    return { state: stateOf(error), reason: reasonOf(error) };
  }
}

/** True when an error of SQLite says that the file itself is spoilt, not that there is no room or no access. */
export function isDamage(error: unknown): boolean {
  return engine?.faultOf(error) === "damage";
}

/** True when another process has the file for now. */
export function isHeld(error: unknown): boolean {
  return engine?.faultOf(error) === "held";
}

class NewerFile extends Error {}

function stateOf(error: unknown): "held" | "newer" | "unwritable" | "damaged" {
  if (error instanceof NewerFile) return "newer";
  if (isHeld(error)) return "held";
  return engine?.faultOf(error) === "access" ? "unwritable" : "damaged";
}

function open(file: string, { open: connect }: Engine, { migrations, lockPatienceMs }: OpenRules): Sql {
  const sql = connect(file);
  try {
    sql.exec(`PRAGMA busy_timeout = ${lockPatienceMs}`);
    // Two sidecars must not take each other's records for their own; the kernel lifts the lock however this one ends.
    sql.exec("PRAGMA locking_mode = EXCLUSIVE");
    sql.exec("PRAGMA journal_mode = WAL");
    // What is committed is in the kernel's hands and survives our death. Only a power cut takes the last commits
    // back; waiting for the disk would hold up the samples.
    sql.exec("PRAGMA synchronous = NORMAL");
    const [check] = sql.prepare("PRAGMA quick_check(1)").all();
    if (!isRow(check) || Object.values(check)[0] !== "ok") throw new Error("the file is damaged");
    migrate(sql, migrations);
    return sql;
  } catch (error) {
    closeSql(sql);
    throw error;
  }
}

function migrate(sql: Sql, migrations: readonly string[]) {
  const row = sql.prepare("PRAGMA user_version").get();
  const version = isRow(row) && typeof row.user_version === "number" ? row.user_version : 0;
  if (version > migrations.length) throw new NewerFile(`it is of a newer version (${version})`);
  inTransaction(sql, () => {
    for (const step of migrations.slice(version)) sql.exec(step);
    sql.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}

/** Closes and lets go of the file at once. */
export function closeSql(sql: Sql): void {
  try {
    // libsql's `close` leaves the file locked for as long as a statement awaits garbage collection, unless the lock is let go.
    sql.exec("PRAGMA journal_mode = DELETE");
    sql.exec("PRAGMA locking_mode = NORMAL");
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
