import { statSync } from "node:fs";
import * as v from "valibot";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import { reasonOf } from "../lib/reason-of.ts";
import { inTransaction } from "../lib/sqlite/in-transaction.ts";
import { moveAside } from "../lib/sqlite/move-aside.ts";
import { closeSql, isDamage, openSqlFile, type Sql } from "../lib/sqlite/open-file.ts";

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
/** Once the sidecar runs nothing is held up. */
const LATER_PATIENCE_MS = 0;

const blockRow = v.object({
  start: v.number(),
  body: v.pipe(
    v.union([v.instance(Uint8Array), v.instance(ArrayBuffer)]),
    v.transform((body) => (body instanceof Uint8Array ? body : new Uint8Array(body))),
  ),
});
const idRow = v.object({ id: v.number() });

/**
 * Opens the file, or begins it. A damaged one, or one of a newer version, is moved aside. One that is held by
 * another program, or a disk that is full, is waited for: each call tries again.
 * @param lockPatienceMs for a predecessor that is just ending and still holds it
 * @param complain told once in words what does not work, and when it works again
 */
export function openBlockStore(
  file: string,
  complain: (message: string) => void,
  lockPatienceMs: number,
): BlockStore {
  let sql: Sql | null = null;
  let statements: Statements | null = null;
  let trouble: Problem | null = null;
  let closed = false;
  let hopeless = false;
  let inode: number | null = null;

  function fail(found: Problem, words: string) {
    if (trouble === null) complain(words);
    trouble = found;
  }

  function setAside(reason: string): boolean {
    try {
      const aside = moveAside(file);
      complain(`${file} cannot be used: ${reason}. It was moved to ${aside} and history is begun anew.`);
      return true;
    } catch (error) {
      hopeless = true;
      const detail = `${reason}; ${reasonOf(error)}`;
      fail(problem("history-not-stored", { detail }), `${file} can neither be used nor replaced: ${detail}.`);
      return false;
    }
  }

  function connect(lockPatienceMs: number): Sql | null {
    if (sql !== null || closed || hopeless) return sql;
    const rules = { migrations: MIGRATIONS, lockPatienceMs };
    let opened = openSqlFile(file, rules);
    if (opened.state === "damaged" && setAside(opened.reason)) opened = openSqlFile(file, rules);
    if (opened.state === "open") {
      sql = opened.sql;
      statements = prepare(sql);
      inode = inodeOf(file);
    } else if (opened.state === "no-sqlite") {
      hopeless = true;
      const words =
        "SQLite (the package libsql) cannot be loaded on this machine. History is kept in memory only and is forgotten when the sidecar ends.";
      fail(problem("history-no-sqlite"), words);
    } else {
      notStored(opened.reason);
    }
    return sql;
  }

  function notStored(detail: string) {
    fail(
      problem("history-not-stored", { detail }),
      `history cannot be written to ${file}: ${detail}. It is kept in memory meanwhile and tried again every minute.`,
    );
  }

  /** @returns `null` when it does not work for now */
  function attempt<T>(work: (prepared: Statements, open: Sql) => T): T | null {
    const open = connect(LATER_PATIENCE_MS);
    if (open === null || statements === null) return null;
    try {
      return work(statements, open);
    } catch (error) {
      if (isDamage(error)) {
        closeSql(open);
        sql = null;
        setAside(reasonOf(error));
      } else {
        notStored(reasonOf(error));
      }
      return null;
    }
  }

  /** What is written to a file that was removed is lost without a word. */
  function checkPlace() {
    if (sql === null || inodeOf(file) === inode) return;
    closeSql(sql);
    sql = null;
    complain(`${file} was removed or replaced while the sidecar ran: history is begun anew in it.`);
  }

  function works() {
    if (trouble === null) return;
    trouble = null;
    complain(`history is written to ${file} again.`);
  }

  connect(lockPatienceMs);

  return {
    read: (bucketMs, uuid, fromMs, toMs) =>
      attempt(({ find }) =>
        find.all(bucketMs, uuid, fromMs, toMs).flatMap((row) => {
          const parsed = v.safeParse(blockRow, row);
          if (!parsed.success) return [];
          return [{ bucketMs, uuid, startMs: parsed.output.start, bytes: parsed.output.body }];
        }),
      ),
    write(blocks) {
      checkPlace();
      const done = attempt(({ put, addGpu, findGpu }, open) => {
        const gpuId = (uuid: string) => {
          addGpu.run(uuid);
          return v.parse(idRow, findGpu.get(uuid)).id;
        };
        inTransaction(open, () => {
          const ids = new Map<string, number>();
          for (const { bucketMs, uuid, startMs, bytes } of blocks) {
            const id = ids.get(uuid) ?? gpuId(uuid);
            ids.set(uuid, id);
            // Never a buffer as the only argument: libsql takes it for named parameters and brings the process down.
            put.run(bucketMs, id, startMs, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
          }
        });
        return true;
      });
      if (done === true) works();
      return done === true;
    },
    prune(bucketMs, beforeMs, most) {
      attempt(({ remove }) => remove.run(bucketMs, beforeMs, most));
    },
    problem: () => trouble,
    close() {
      closed = true;
      if (sql !== null) closeSql(sql);
      sql = null;
    },
  };
}

/** `null`: there is none, or the folder cannot be looked into. */
function inodeOf(file: string): number | null {
  try {
    return statSync(file).ino;
  } catch {
    return null;
  }
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
type Statements = ReturnType<typeof prepare>;
