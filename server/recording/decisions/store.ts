import * as v from "valibot";
import type { Problem } from "../../../shared/problems/problem.ts";
import { fileProblem } from "../../data/file-problem.ts";
import { type FolderHold, NO_HOLD } from "../../data/folder-hold.ts";
import { inTransaction } from "../../lib/sqlite/in-transaction.ts";
import { openKeptFile } from "../../lib/sqlite/kept-file.ts";
import type { Sql } from "../../lib/sqlite/open-file.ts";

/** Some bytes of a segment: all of its parts in order are the segment. */
export interface SegmentPart {
  /** Names the segment; greater than those of all segments before it. */
  segment: number;
  part: number;
  /** From which its first input is counted. */
  startMs: number;
  /** Times of the inputs in this part. */
  fromMs: number;
  toMs: number;
  bytes: Uint8Array;
}

/** Segments on disk. Nothing here throws. */
export interface SegmentStore {
  /** Writes all or nothing. False: nothing was written, try again later. */
  write(parts: readonly SegmentPart[]): boolean;
  /** The segments with inputs in the window, in order. */
  find(fromMs: number, toMs: number): number[];
  parts(segment: number): SegmentPart[];
  /** Deletes the oldest segments: those that end before `beforeMs`, and as many as hold more than `mostBytes` in all. */
  prune(beforeMs: number, mostBytes: number): void;
  /** What keeps segments from the disk, or `null`. */
  problem(): Problem | null;
  close(): void;
}

const MIGRATIONS: readonly string[] = [
  `CREATE TABLE parts (segment INTEGER NOT NULL, part INTEGER NOT NULL, start INTEGER NOT NULL,
     begin INTEGER NOT NULL, end INTEGER NOT NULL, size INTEGER NOT NULL, body BLOB NOT NULL,
     PRIMARY KEY (segment, part));
   CREATE INDEX times ON parts (segment, begin, end, size)`,
];
/** Deleting holds everything else up. */
const SEGMENTS_A_STEP = 20;

const partRow = v.object({
  segment: v.number(),
  part: v.number(),
  start: v.number(),
  begin: v.number(),
  end: v.number(),
  body: v.pipe(
    v.union([v.instance(Uint8Array), v.instance(ArrayBuffer)]),
    v.transform((body) => (body instanceof Uint8Array ? body : new Uint8Array(body))),
  ),
});
const segmentRow = v.object({ segment: v.number(), last: v.number(), bytes: v.number() });

/** Opens the file, or begins it; in trouble it does as the history's does. */
export function openSegmentStore(
  file: string,
  complain: (message: string) => void,
  hold: Pick<FolderHold, "mayWrite"> = NO_HOLD,
): SegmentStore {
  const { mayWrite } = hold;
  const kept = openKeptFile({
    file,
    what: "the record of decisions",
    migrations: MIGRATIONS,
    prepare,
    mayWrite,
    complain,
  });
  return {
    write: (parts) =>
      kept.write(({ put }, sql) =>
        inTransaction(sql, () => {
          for (const { segment, part, startMs, fromMs, toMs, bytes } of parts)
            put.run(segment, part, startMs, fromMs, toMs, bytes.length, Buffer.from(bytes));
        }),
      ),
    find: (fromMs, toMs) =>
      kept.attempt(({ find }) =>
        find.all(fromMs, toMs).map((row) => v.parse(v.object({ segment: v.number() }), row).segment),
      ) ?? [],
    parts: (segment) =>
      kept.attempt(({ parts }) =>
        parts.all(segment).map((row) => {
          const { start, begin, end, body, ...key } = v.parse(partRow, row);
          return { ...key, startMs: start, fromMs: begin, toMs: end, bytes: body };
        }),
      ) ?? [],
    prune(beforeMs, mostBytes) {
      kept.attempt(({ segments, remove }) => {
        const all = segments.all().map((row) => v.parse(segmentRow, row));
        let bytes = all.reduce((sum, one) => sum + one.bytes, 0);
        let left = SEGMENTS_A_STEP;
        for (const one of all) {
          if (left-- === 0 || (one.last >= beforeMs && bytes <= mostBytes)) return;
          remove.run(one.segment);
          bytes -= one.bytes;
        }
      });
    },
    problem: () => fileProblem(file, kept.trouble()),
    close: kept.close,
  };
}

function prepare(sql: Sql) {
  return {
    put: sql.prepare(
      `INSERT INTO parts (segment, part, start, begin, end, size, body) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (segment, part) DO UPDATE SET body = excluded.body`,
    ),
    find: sql.prepare("SELECT DISTINCT segment FROM parts WHERE end >= ? AND begin <= ? ORDER BY segment"),
    parts: sql.prepare(
      "SELECT segment, part, start, begin, end, body FROM parts WHERE segment = ? ORDER BY part",
    ),
    segments: sql.prepare(
      "SELECT segment, MAX(end) AS last, SUM(size) AS bytes FROM parts GROUP BY segment ORDER BY segment",
    ),
    remove: sql.prepare("DELETE FROM parts WHERE segment = ?"),
  };
}
