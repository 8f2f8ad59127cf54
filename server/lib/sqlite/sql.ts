import type Libsql from "libsql";

/** An open database. */
export type Sql = Libsql.Database;
