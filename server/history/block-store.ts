import * as v from "valibot";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import { type FolderHold, NO_HOLD } from "../data/folder-hold.ts";
import { inTransaction } from "../lib/sqlite/in-transaction.ts";
import { type FileTrouble, openKeptFile } from "../lib/sqlite/kept-file.ts";
import type { Sql } from "../lib/sqlite/open-file.ts";

/** Names a block: level, GPU, beginning. */
export interface BlockKey {
  bucketMs: number;
  uuid: string;
  /** Epoch milliseconds. */
  startMs: number;
}
export interface StoredBlock extends BlockKey {
  bytes: Uint8Array;
}

/** Blocks of history on disk. Nothing here throws: what does not work is said once, and tried again. */
export interface BlockStore {
  /** Blocks of this GPU and level that begin in the window, in order; `null` while the disk cannot be asked. */
  read(bucketMs: number, uuid: string, fromMs: number, toMs: number): StoredBlock[] | null;
  /** Writes all or nothing. False: nothing was written, try again later. */
  write(blocks: readonly StoredBlock[]): boolean;
  /** Deletes up to `most` blocks of a level that begin before `beforeMs`. */
  prune(bucketMs: number, beforeMs: number, most: number): void;
  /** What keeps history from the disk, or `null`. */
  problem(): Problem | null;
  close(): void;
}

/** One step each from one version of the schema to the next. Steps are only ever added. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE gpus (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE);
   CREATE TABLE blocks (level INTEGER NOT NULL, gpu INTEGER NOT NULL, start INTEGER NOT NULL, body BLOB NOT NULL,
     PRIMARY KEY (level, gpu, start))`,
];

const blockRow = v.object({
  start: v.number(),
  body: v.pipe(
    v.union([v.instance(Uint8Array), v.instance(ArrayBuffer)]),
    v.transform((body) => (body instanceof Uint8Array ? body : new Uint8Array(body))),
  ),
});
const idRow = v.object({ id: v.number() });

/**
 * Opens the file, or begins it. One that is held or newer, or a disk that is full, is waited for: each call tries again.
 * @param complain told once in words what does not work, and when it works again
 * @param hold says whether another panel has the folder
 */
export function openBlockStore(
  file: string,
  complain: (message: string) => void,
  hold: Pick<FolderHold, "mayWrite" | "problem"> = NO_HOLD,
): BlockStore {
  const { mayWrite } = hold;
  const kept = openKeptFile({ file, what: "history", migrations: MIGRATIONS, prepare, mayWrite, complain });
  return {
    read: (bucketMs, uuid, fromMs, toMs) =>
      kept.attempt(({ find }) =>
        find.all(bucketMs, uuid, fromMs, toMs).flatMap((row) => {
          const parsed = v.safeParse(blockRow, row);
          if (!parsed.success) return [];
          return [{ bucketMs, uuid, startMs: parsed.output.start, bytes: parsed.output.body }];
        }),
      ),
    write: (blocks) =>
      kept.write(({ put, addGpu, findGpu }, sql) => {
        const gpuId = (uuid: string) => {
          addGpu.run(uuid);
          return v.parse(idRow, findGpu.get(uuid)).id;
        };
        inTransaction(sql, () => {
          const ids = new Map<string, number>();
          for (const { bucketMs, uuid, startMs, bytes } of blocks) {
            const id = ids.get(uuid) ?? gpuId(uuid);
            ids.set(uuid, id);
            // Never a buffer as the only argument: libsql takes it for named parameters and brings the process down.
            put.run(bucketMs, id, startMs, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
          }
        });
      }),
    prune(bucketMs, beforeMs, most) {
      kept.attempt(({ remove }) => remove.run(bucketMs, beforeMs, most));
    },
    problem: () => problemOf(kept.trouble(), file, hold),
    close: kept.close,
  };
}

function problemOf(
  trouble: FileTrouble | null,
  file: string,
  hold: Pick<FolderHold, "problem">,
): Problem | null {
  if (trouble === null) return null;
  if (trouble.kind === "elsewhere") return hold.problem();
  if (trouble.kind === "no-sqlite") return problem("history-no-sqlite");
  if (trouble.kind === "newer") return problem("data-newer", { file });
  return problem("history-not-stored", { detail: trouble.reason });
}

/** Prepared once: what a statement holds is given back only when the event loop comes round. */
function prepare(sql: Sql) {
  return {
    find: sql.prepare(
      `SELECT start, body FROM blocks WHERE level = ? AND gpu = (SELECT id FROM gpus WHERE uuid = ?)
       AND start >= ? AND start < ? ORDER BY start`,
    ),
    put: sql.prepare(
      `INSERT INTO blocks (level, gpu, start, body) VALUES (?, ?, ?, ?)
       ON CONFLICT (level, gpu, start) DO UPDATE SET body = excluded.body`,
    ),
    remove: sql.prepare(
      "DELETE FROM blocks WHERE rowid IN (SELECT rowid FROM blocks WHERE level = ? AND start < ? LIMIT ?)",
    ),
    addGpu: sql.prepare("INSERT INTO gpus (uuid) VALUES (?) ON CONFLICT (uuid) DO NOTHING"),
    findGpu: sql.prepare("SELECT id FROM gpus WHERE uuid = ?"),
  };
}
