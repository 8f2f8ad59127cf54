import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
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
  const found = besideUs();
  if (found === null) return null;
  try {
    const load: (path: string) => typeof Libsql = createRequire(import.meta.url);
    return load(found);
  } catch {
    return null;
  }
}

/** Where npm puts it for this package, and nowhere else: one of a folder further up is somebody else's, and would be run. */
function besideUs(): string | null {
  let root = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(root, "package.json"))) {
    if (root === dirname(root)) return null;
    root = dirname(root);
  }
  const folders = [join(root, "node_modules"), dirname(root)];
  const places = folders.filter((folder) => basename(folder) === "node_modules");
  return places.map((folder) => join(folder, "libsql")).find((place) => existsSync(place)) ?? null;
}

/** A lone Buffer as argument is taken for named parameters and aborts the whole process: values go as one list. */
function safely(statement: Libsql.Statement): Statement {
  return {
    run: (...values: SqlValue[]) => void statement.run(values),
    get: (...values: SqlValue[]) => statement.get(values),
    all: (...values: SqlValue[]) => statement.all(values),
  };
}
