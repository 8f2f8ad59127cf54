import type { Sql } from "./sql.ts";

/** All or nothing. */
export function inTransaction(sql: Sql, work: () => void): void {
  sql.exec("BEGIN IMMEDIATE");
  try {
    work();
    sql.exec("COMMIT");
  } catch (error) {
    try {
      sql.exec("ROLLBACK");
    } catch {
      // SQLite has rolled back itself, as it does where the disk is full; the first error tells more.
    }
    throw error;
  }
}
