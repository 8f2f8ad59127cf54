import { reasonOf } from "../reason-of.ts";
import type { SqlFault } from "./sql.ts";

/** SQLite's primary result codes, by name and number. */
const CODES = {
  3: "PERM",
  5: "BUSY",
  6: "LOCKED",
  7: "NOMEM",
  8: "READONLY",
  10: "IOERR",
  11: "CORRUPT",
  13: "FULL",
  14: "CANTOPEN",
  15: "PROTOCOL",
  26: "NOTADB",
} as const;
type Code = (typeof CODES)[keyof typeof CODES];

const FAULTS: Readonly<Record<Code, SqlFault>> = {
  BUSY: "held",
  LOCKED: "held",
  PROTOCOL: "held",
  FULL: "access",
  IOERR: "access",
  READONLY: "access",
  CANTOPEN: "access",
  PERM: "access",
  NOMEM: "access",
  CORRUPT: "damage",
  NOTADB: "damage",
};

/** @param name of the result code, without `SQLITE_`, with or without what follows the primary one */
export function faultOfName(name: string, error: unknown): SqlFault {
  const found = Object.entries(FAULTS).find(([code]) => name === code || name.startsWith(`${code}_`));
  return found?.[1] ?? faultOfWords(error);
}

/** @param number of the result code; its lowest byte is the primary one */
export function faultOfNumber(number: number, error: unknown): SqlFault {
  const found = Object.entries(CODES).find(([code]) => Number(code) === (number & 0xff));
  return found === undefined ? faultOfWords(error) : FAULTS[found[1]];
}

/** The version says that tables are there which are not. */
function faultOfWords(error: unknown): SqlFault {
  return /no such (?:table|column)/.test(reasonOf(error)) ? "damage" : "other";
}
