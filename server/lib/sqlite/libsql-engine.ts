import { createRequire } from "node:module";
import type Libsql from "libsql";
import { reasonOf } from "../reason-of.ts";
import { faultOfName, faultOfNumber } from "./fault.ts";
import type { Engine, SqlValue, Statement } from "./sql.ts";

/** SQLite by an optional package, for a Node that has none. `null`: the package has no binary for this platform. */
export function libsqlEngine(): Engine | null {
  const Database = loadLibsql();
  if (Database === null) return null;
  return {
    name: "libsql",
    open(file) {
      const sql = new Database(file);
      return {
        exec: (text) => void sql.exec(text),
        prepare: (text) => safely(sql.prepare(text)),
        close: () => void sql.close(),
      };
    },
    faultOf(error) {
      // What cannot even be opened has no code, but a number at the end of its words.
      const number = /^ConnectionFailed\(.*: (\d+)"\)$/.exec(reasonOf(error))?.[1];
      if (number !== undefined) return faultOfNumber(Number(number), error);
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      return faultOfName(code.replace(/^SQLITE_/, ""), error);
    },
  };
}

/** Without `await`: a library that waits at its top cannot be had by `require`. */
function loadLibsql(): typeof Libsql | null {
  try {
    const load: (name: "libsql") => typeof Libsql = createRequire(import.meta.url);
    return load("libsql");
  } catch {
    return null;
  }
}

/** A lone Buffer as argument is taken for named parameters and aborts the whole process: values go as one list. */
function safely(statement: Libsql.Statement): Statement {
  return {
    run: (...values: SqlValue[]) => void statement.run(values),
    get: (...values: SqlValue[]) => statement.get(values),
    all: (...values: SqlValue[]) => statement.all(values),
  };
}
