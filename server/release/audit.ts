import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { type ReleaseRecord, releaseRecordSchema } from "../../shared/release/record.ts";

/** The releases of the past, one JSON line each in `releases.jsonl`. */
export interface Audit {
  /** Newest first. */
  recent(): readonly ReleaseRecord[];
  append(record: ReleaseRecord): void;
}

const SHOWN = 50;
/** Some 20,000 releases; then the file becomes `releases.1.jsonl` and a new one is begun. */
const LARGEST_BYTES = 8 * 1024 * 1024;

/**
 * @param complain told once in words when the file cannot be read or written; the panel goes on without it
 */
export function createAudit(folder: string, complain: (message: string) => void): Audit {
  const file = join(folder, "releases.jsonl");
  const older = join(folder, "releases.1.jsonl");
  const text = readText(file);
  let records = readRecords(text);
  // A file begun anew holds few: the rest is in the one that was put aside.
  if (records.length < SHOWN) records = [...records, ...readRecords(readText(older))].slice(0, SHOWN);
  /** A line that a kill cut in the middle must not spoil the next one. */
  let begin = text === "" || text.endsWith("\n") ? "" : "\n";
  let complained = false;

  function attempt(write: () => void) {
    try {
      write();
    } catch (error) {
      // A full disk may have cut the line.
      begin = "\n";
      if (!complained)
        complain(`the audit ${file} cannot be written: ${reasonOf(error)}. Choose a folder with --data-dir.`);
      complained = true;
    }
  }

  return {
    recent: () => records,
    append(record) {
      records = [record, ...records].slice(0, SHOWN);
      attempt(() => {
        // For this user alone: the audit tells who was here.
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        if (sizeOf(file) > LARGEST_BYTES) renameSync(file, older);
        appendFileSync(file, `${begin}${JSON.stringify(record)}\n`, { mode: 0o600 });
        begin = "";
      });
    },
  };
}

/** The last records of the text, newest first; what is not a record is passed over. */
function readRecords(text: string): ReleaseRecord[] {
  return text
    .split("\n")
    .slice(-2 * SHOWN)
    .flatMap((line) => {
      try {
        const parsed = v.safeParse(releaseRecordSchema, JSON.parse(line));
        return parsed.success ? [parsed.output] : [];
      } catch {
        return [];
      }
    })
    .slice(-SHOWN)
    .reverse();
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
