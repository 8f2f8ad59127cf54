import { join } from "node:path";
import * as v from "valibot";
import { type ReleaseRecord, releaseRecordSchema } from "../../shared/release/record.ts";
import type { FolderHold } from "../data/folder-hold.ts";
import { createLineLog, type LineLog, lineLogWords } from "../data/line-log.ts";

/** The releases of the past, one JSON line each in `releases.jsonl`. */
export interface Audit {
  /** Newest first. */
  recent(): readonly ReleaseRecord[];
  append(record: ReleaseRecord): void;
  log: Pick<LineLog, "retry" | "trouble">;
}

const SHOWN = 50;
/** Some 20,000 releases; then the file becomes `releases.1.jsonl` and a new one is begun. */
const LARGEST_BYTES = 8 * 1024 * 1024;

/**
 * @param complain told in words when the file cannot be written, and when it can again; the panel goes on meanwhile
 */
export function createAudit(
  folder: string,
  complain: (message: string) => void,
  hold?: Pick<FolderHold, "mayWrite" | "onTaken">,
): Audit {
  const file = join(folder, "releases.jsonl");
  const log = createLineLog({
    file,
    older: join(folder, "releases.1.jsonl"),
    largestBytes: LARGEST_BYTES,
    onTrouble: (reason) => complain(lineLogWords("the audit of releases", file, reason)),
    ...(hold === undefined ? {} : { hold }),
  });
  const { newest, older } = log.text();
  let records = readRecords(newest);
  // A file begun anew holds few: the rest is in the one that was put aside.
  if (records.length < SHOWN) records = [...records, ...readRecords(older)].slice(0, SHOWN);
  return {
    recent: () => records,
    log,
    append(record) {
      // A verdict that is corrected is the same release.
      records = [record, ...records.filter(({ id }) => id !== record.id)].slice(0, SHOWN);
      log.append(record);
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
    .reverse()
    .filter((record, i, all) => all.findIndex(({ id }) => id === record.id) === i)
    .slice(0, SHOWN);
}
