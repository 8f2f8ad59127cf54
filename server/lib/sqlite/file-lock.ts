import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { createFile } from "./create-file.ts";
import { engine } from "./engine.ts";
import { closeSql, isHeld } from "./open-file.ts";

/** A lock that the kernel lifts however the process ends; it counts between containers that share a volume, too. */
export interface FileLock {
  release(): void;
}

/**
 * Takes the lock on a file that holds nothing else. Node has no lock of its own: SQLite's is used.
 * @returns `held`: by another process. `unknown`: there are no locks here, or the folder cannot be written to.
 */
export function lockFile(file: string): FileLock | "held" | "unknown" {
  if (engine === null) return "unknown";
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    createFile(file);
    const sql = engine.open(file);
    try {
      sql.exec("BEGIN EXCLUSIVE");
    } catch (error) {
      closeSql(sql);
      return isHeld(error) ? "held" : "unknown";
    }
    return {
      release() {
        sql.exec("ROLLBACK");
        sql.close();
      },
    };
  } catch {
    return "unknown";
  }
}
