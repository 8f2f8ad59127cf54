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
 * @param schema what it holds; whatever else stands there counts as `empty`, and is complained of
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
  hold: Pick<FolderHold, "mayWrite" | "onTaken">;
  complain(message: string): void;
}): KeptFile<T> {
  let waits: { value: T } | null = null;

  function write(value: T) {
    // While another panel has the folder this one holds in memory what it is told, and writes the last of it afterwards.
    waits = hold.mayWrite() ? null : { value };
    if (waits !== null) return;
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      writeFileSync(`${file}.new`, `${JSON.stringify(value)}\n`, { mode: 0o600 });
      renameSync(`${file}.new`, file);
    } catch (error) {
      complain(`${what} is not kept: ${reasonOf(error)}`);
    }
  }

  hold.onTaken(() => {
    if (waits !== null) write(waits.value);
  });
  return {
    read() {
      const text = textOf(file);
      if (text === null) return empty;
      const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
      if (parsed.success) return parsed.output;
      complain(`${what} cannot be read from ${file}, and does not hold.`);
      return empty;
    },
    write,
  };
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
