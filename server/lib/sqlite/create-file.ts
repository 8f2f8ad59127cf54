import { closeSync, openSync } from "node:fs";

/** Begins the file, for this user alone. One that is there stays closed: closing it would lift this process's locks. */
export function createFile(file: string): void {
  try {
    closeSync(openSync(file, "ax", 0o600));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}
