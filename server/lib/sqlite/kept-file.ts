import { statSync } from "node:fs";
import { reasonOf } from "../reason-of.ts";
import { moveAside } from "./move-aside.ts";
import { closeSql, isDamage, type Opened, openSqlFile, type Sql } from "./open-file.ts";

/** Why a database cannot be used for now. `elsewhere`: another panel has the folder, which is said by the hold. */
export type FileTrouble =
  | { kind: "elsewhere" }
  | { kind: "no-sqlite" }
  | { kind: "held" | "unwritable" | "newer" | "irreplaceable"; reason: string };

/** A database that is opened again and again until it works. Nothing here throws; trouble is said once in words. */
export interface KeptFile<Prepared> {
  /** Works with the file; `null` while it cannot be used. */
  attempt<T>(work: (prepared: Prepared, sql: Sql) => T): T | null;
  /** As `attempt`, after a look whether the file still lies at its place. What succeeds ends the trouble. */
  write(work: (prepared: Prepared, sql: Sql) => void): boolean;
  trouble(): FileTrouble | null;
  close(): void;
}

export interface KeptFileOptions<Prepared> {
  file: string;
  /** What it holds, as the subject of a sentence: "history". */
  what: string;
  /** One step each from one version of the schema to the next. Steps are only ever added. */
  migrations: readonly string[];
  prepare(sql: Sql): Prepared;
  /** False while another panel has the folder. */
  mayWrite(): boolean;
  complain(message: string): void;
}

/** A predecessor that is just ending may still hold the file when the sidecar starts; later on nothing is held up. */
const FIRST_PATIENCE_MS = 2000;
const LATER_PATIENCE_MS = 0;
/** Who has been told that there is no SQLite, which is so for every file. */
const toldOfNoSqlite = new WeakSet<KeptFileOptions<unknown>["complain"]>();
/** A disk that spoils every file must not be filled with them. */
const MOST_MOVED = 3;

/** Opens the file, or begins it. Only a damaged one is moved aside: one that is held or newer stays where it is. */
export function openKeptFile<Prepared>(options: KeptFileOptions<Prepared>): KeptFile<Prepared> {
  const { file, what, mayWrite, complain: say } = options;
  let open: OpenFile<Prepared> | null = null;
  let trouble: FileTrouble | null = null;
  let said = false;
  let moved = 0;
  let closed = false;

  function fail(found: FileTrouble) {
    trouble = found;
    if (said || found.kind === "elsewhere") return;
    said = true;
    if (found.kind === "no-sqlite" && toldOfNoSqlite.has(say)) return;
    if (found.kind === "no-sqlite") toldOfNoSqlite.add(say);
    say(wordsFor(found, file, what));
  }

  function letGo() {
    if (open !== null) closeSql(open.sql);
    open = null;
  }

  /** True: there is room for a new file. */
  function setAside(reason: string): boolean {
    letGo();
    try {
      if (moved === MOST_MOVED) throw new Error("it is damaged again and again");
      const aside = moveAside(file);
      moved++;
      say(`${file} cannot be used: ${reason}. It was moved to ${aside} and ${what} is begun anew.`);
      return true;
    } catch (error) {
      fail({ kind: "irreplaceable", reason: `${reason}; ${reasonOf(error)}` });
      return false;
    }
  }

  function connect(lockPatienceMs: number) {
    if (open !== null || closed) return;
    if (trouble?.kind === "no-sqlite" || trouble?.kind === "irreplaceable") return;
    if (!mayWrite()) return fail({ kind: "elsewhere" });
    let opened = openPrepared(options, lockPatienceMs);
    if (opened.state === "damaged") {
      if (!setAside(opened.reason)) return;
      opened = openPrepared(options, lockPatienceMs);
    }
    if (opened.state === "open") ({ open } = opened);
    else if (opened.state === "damaged") fail({ kind: "irreplaceable", reason: opened.reason });
    else if (opened.state === "no-sqlite") fail({ kind: "no-sqlite" });
    else fail({ kind: opened.state, reason: opened.reason });
  }

  function attempt<T>(work: (prepared: Prepared, sql: Sql) => T): T | null {
    connect(LATER_PATIENCE_MS);
    if (open === null) return null;
    try {
      return work(open.prepared, open.sql);
    } catch (error) {
      if (isDamage(error)) setAside(reasonOf(error));
      else fail({ kind: "unwritable", reason: reasonOf(error) });
      return null;
    }
  }

  connect(FIRST_PATIENCE_MS);

  return {
    attempt,
    write(work) {
      // What is written to a file that was removed is lost without a word.
      if (open !== null && inodeOf(file) !== open.inode) {
        letGo();
        say(`${file} was removed or replaced while the sidecar ran: ${what} is begun anew in it.`);
      }
      // What the work returns is nobody's business; that it ran to its end is.
      const done = attempt((prepared, sql) => {
        work(prepared, sql);
        return true;
      });
      if (done !== true) return false;
      if (said) say(`${what} is written to ${file} again.`);
      said = false;
      trouble = null;
      return true;
    },
    trouble: () => trouble,
    close() {
      closed = true;
      letGo();
    },
  };
}

interface OpenFile<Prepared> {
  sql: Sql;
  prepared: Prepared;
  inode: number | null;
}

function openPrepared<Prepared>(
  { file, migrations, prepare }: KeptFileOptions<Prepared>,
  lockPatienceMs: number,
): { state: "open"; open: OpenFile<Prepared> } | Exclude<Opened, { state: "open" }> {
  const opened = openSqlFile(file, { migrations, lockPatienceMs });
  if (opened.state !== "open") return opened;
  const { sql } = opened;
  try {
    return { state: "open", open: { sql, prepared: prepare(sql), inode: inodeOf(file) } };
  } catch (error) {
    // The version says that tables are there which are not.
    closeSql(sql);
    return { state: "damaged", reason: reasonOf(error) };
  }
}

function wordsFor(trouble: Exclude<FileTrouble, { kind: "elsewhere" }>, file: string, what: string): string {
  switch (trouble.kind) {
    case "no-sqlite":
      return `SQLite cannot be loaded on this machine: Node has it from 22.13 on, or the npm package libsql. History, jobs and sessions are kept in memory only and are forgotten when the sidecar ends.`;
    case "newer":
      return `${file} was written by a newer version of the panel and is left as it is. ${capital(what)} is kept in memory only.`;
    case "irreplaceable":
      return `${file} can neither be used nor replaced: ${trouble.reason}. ${capital(what)} is kept in memory only.`;
    default:
      return `${what} cannot be written to ${file}: ${trouble.reason}. It is kept in memory meanwhile and tried again every minute.`;
  }
}

const capital = (words: string) => `${words[0]?.toUpperCase()}${words.slice(1)}`;

/** `null`: there is none, or the folder cannot be looked into. */
function inodeOf(file: string): number | null {
  try {
    return statSync(file).ino;
  } catch {
    return null;
  }
}
