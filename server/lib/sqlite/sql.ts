/** What can be kept in a cell. */
export type SqlValue = string | number | null | Uint8Array;

/** A prepared statement. It holds native memory until the event loop comes round: it is prepared once. */
export interface Statement {
  run(...values: SqlValue[]): void;
  get(...values: SqlValue[]): unknown;
  all(...values: SqlValue[]): unknown[];
}

/** An open database. */
export interface Sql {
  exec(text: string): void;
  prepare(text: string): Statement;
  close(): void;
}

/** What SQLite could not do: `held` by another program for now, no `access` or room, the file's `damage`; `other`. */
export type SqlFault = "held" | "access" | "damage" | "other";

/** SQLite, by Node or by a package. */
export interface Engine {
  readonly name: "node:sqlite" | "libsql";
  open(file: string): Sql;
  faultOf(error: unknown): SqlFault;
}
