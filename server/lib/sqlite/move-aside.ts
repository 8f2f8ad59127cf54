import { renameSync } from "node:fs";
import { wallMs } from "../clock.ts";

/** Renames a database that cannot be used, and what belongs to it. Returns its new name; throws what `rename` throws. */
export function moveAside(file: string): string {
  const aside = `${file}.${new Date(wallMs()).toISOString().replaceAll(":", "-")}.bad`;
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
