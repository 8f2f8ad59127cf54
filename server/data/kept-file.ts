import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import * as v from "valibot";
import { reasonOf } from "../lib/reason-of.ts";
import type { FolderHold } from "./folder-hold.ts";

/** A small file of the data folder that is read at the start and written as a whole. */
export interface KeptFile<T> {
  read(): T;
  write(value: T): void;
}

/**
 * @param schema what it holds; whatever else stands there counts as `empty`
 * @param what it keeps, for the complaint that it cannot
 */
export function createKeptFile<T>({
  file,
  schema,
  empty,
  what,
  hold,
  complain,
}: {
  file: string;
  schema: v.GenericSchema<unknown, T>;
  empty: T;
  what: string;
  hold: Pick<FolderHold, "mayWrite">;
  complain(message: string): void;
}): KeptFile<T> {
  return {
    read() {
      try {
        const parsed = v.safeParse(schema, JSON.parse(readFileSync(file, "utf8")));
        return parsed.success ? parsed.output : empty;
      } catch {
        return empty;
      }
    },
    write(value) {
      if (!hold.mayWrite()) return;
      try {
        mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
        writeFileSync(`${file}.new`, `${JSON.stringify(value)}\n`, { mode: 0o600 });
        renameSync(`${file}.new`, file);
      } catch (error) {
        complain(`${what} is not kept: ${reasonOf(error)}`);
      }
    },
  };
}
