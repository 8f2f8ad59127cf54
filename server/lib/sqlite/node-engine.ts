import { createRequire } from "node:module";
import { faultOfNumber } from "./fault.ts";
import type { Engine, Sql } from "./sql.ts";

/** What we use of `node:sqlite`, which Node has from 22.13 on. */
interface NodeSqlite {
  DatabaseSync: new (file: string) => Sql;
}

/** The SQLite that Node brings: it needs no package and 9 MiB less memory. `null`: this Node has none. */
export function nodeEngine(): Engine | null {
  const sqlite = loadQuietly();
  if (sqlite === null) return null;
  return {
    name: "node:sqlite",
    open: (file) => new sqlite.DatabaseSync(file),
    faultOf(error) {
      if (!(error instanceof Error && "errcode" in error && typeof error.errcode === "number"))
        return "other";
      return faultOfNumber(error.errcode, error);
    },
  };
}

/** Node 22 calls it experimental whenever it is loaded, on everybody's terminal. */
function loadQuietly(): NodeSqlite | null {
  const load: (name: "node:sqlite") => NodeSqlite = createRequire(import.meta.url);
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return load("node:sqlite");
  } catch {
    return null;
  } finally {
    process.emitWarning = emitWarning;
  }
}
