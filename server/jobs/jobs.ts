import type { Job } from "../../shared/jobs/job.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import type { JobBody, JobEnd, JobPatch } from "../../shared/protocol/job-requests.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import { beat, declare } from "../capacity/capacity.ts";
import type { CapacityState } from "../capacity/model.ts";
import { ended } from "./ended.ts";
import { awayOf } from "./gave-way.ts";
import { createJobBook, type EndedJob, type JobBook } from "./job-book.ts";
import { isUnfinished, type JobRecord } from "./job-record.ts";
import type { JobsContext } from "./jobs-context.ts";
import { endedRecord, followed } from "./records.ts";
import { requestJob } from "./request.ts";
import { revive } from "./revive.ts";
import { viewWaiting } from "./view-waiting.ts";

export type { EndedJob } from "./job-book.ts";

/** The declared jobs: who runs, who waits, and who may start. */
export interface Jobs {
  /** Those that run or wait in the order in which they came, then the last ones that ended. */
  list(): Job[];
  find(id: string): Job | null;
  /** The job, running or waiting, or why it cannot be taken. It is kept and its room is reserved when this resolves. */
  request(body: JobBody, requestedBy: string): Promise<Reply<Job>>;
  /** A sign of life; `null`: there is no such job. */
  heartbeat(id: string, patch: JobPatch): Reply<Job> | null;
  /** A job that has ended before stays as it is. `null`: there is no such job. */
  finish(id: string, end: JobEnd): Job | null;
  /** The job once it no longer waits, or as it is when the time is up. */
  whenStarted(id: string, mostMs: number, signal: AbortSignal): Promise<Job | null>;
  /** Backends that have let others have the card in mid-job, and have not taken it back. */
  away(): ReadonlySet<string>;
  /** The database is another one than before: it gets every job, and jobs that another panel has left in it are taken over. */
  takeOver(): void;
  /** Told when the list has changed in more than its heartbeats. */
  onChange(listener: () => void): () => void;
  /** Told of every job that has run and ended or died. */
  onEnd(listener: (ended: EndedJob) => void): () => void;
  close(): void;
}

/** Every step is taken without an interruption and is on disk before anybody is told of it. */
export function createJobs(context: JobsContext): Jobs {
  const { store, live, pids, outcomeMs } = context;
  /** When the process of a job was first seen to be gone. */
  const gone = new Map<string, number>();
  const book = createJobBook(store, live.nowMs, (silent) => {
    for (const { id } of silent) finish(id, "expired");
  });

  /** Who has started, and what the others wait for, as the state has it now. */
  function follow() {
    const state = live.state();
    const running = new Map(state.running.map((job) => [job.id, job]));
    const waiting = viewWaiting(state, live.isKnown(), live.policy, context.closed());
    const next = (one: JobRecord) => followed(one, running.get(one.job.id), waiting.get(one.job.id));
    book.take(book.records().map(next));
  }

  function endGone() {
    for (const { job, pidStart } of book.records().filter(isUnfinished)) {
      if (job.pid === null || !pids.hasGone(job.id, job.pid, pidStart)) continue;
      // Whoever has run it tells in a moment how it ended; until then its room is kept.
      const sinceMs = gone.get(job.id) ?? live.nowMs();
      gone.set(job.id, sinceMs);
      const waits = pidStart !== null && job.state === "running";
      if (!waits || live.nowMs() - sinceMs >= outcomeMs) finish(job.id, "failed");
    }
  }

  function finish(id: string, state: "done" | "failed" | "expired", said?: JobEnd) {
    const record = book.records().find((one) => one.job.id === id && isUnfinished(one));
    if (record === undefined) return;
    live.change((now, nowMs, policy) => ended(now, { id, isDone: state === "done", said }, nowMs, policy));
    pids.forget(id);
    gone.delete(id);
    const over = endedRecord(record, state, live.nowMs(), said?.gaveWay);
    const records = book.records().map((one) => (one === record ? over : one));
    book.take(records, new Map(said === undefined ? [] : [[id, said]]));
    live.recompute();
  }

  function adopt(kept: readonly JobRecord[]) {
    const { records: alive, running, waiting } = revive(kept, live.nowMs());
    const all = [...book.records(), ...alive].sort((a, b) => a.job.requestedAt - b.job.requestedAt);
    book.adopt(all.map((record, i) => (record.place === i + 1 ? record : { ...record, place: i + 1 })));
    live.change((state, nowMs, policy) => {
      const next: CapacityState = { ...state, running: [...state.running, ...running] };
      return waiting.reduce((now, { ask, ttlMs }) => declare(now, ask, { ttlMs }, nowMs, policy).state, next);
    });
    // What is kept does not tell who is the first of the queue by now.
    follow();
  }

  adopt(store.load());
  const stopFollowing = live.onTurn(({ expired }) => {
    for (const id of expired) finish(id, "expired");
    endGone();
    follow();
  });
  const withdraw = (id: string) => {
    finish(id, "failed");
    book.take(book.records().filter((one) => one.job.id !== id));
  };

  return {
    list: book.list,
    find: book.find,
    request: (body, requestedBy) => requestJob({ ...context, book, follow, withdraw }, body, requestedBy),
    heartbeat: (id, patch) => takeHeartbeat(book, live, id, patch),
    finish(id, said) {
      finish(id, said.outcome, said);
      return book.find(id);
    },
    away: () => awayOf(book.records(), live.nowMs()),
    takeOver() {
      store.save(book.records(), []);
      const known = new Set(book.records().map(({ job }) => job.id));
      const left = store.load().filter(({ job }) => !known.has(job.id));
      if (left.length === 0) return;
      adopt(left);
      store.save(book.records(), []);
      follow();
      book.changed();
    },
    whenStarted: (id, mostMs, signal) => whenStarted(book, id, mostMs, signal),
    onChange: book.onChange,
    onEnd: book.onEnd,
    close() {
      stopFollowing();
      book.close();
    },
  };
}

function takeHeartbeat(
  book: JobBook,
  live: JobsContext["live"],
  id: string,
  patch: JobPatch,
): Reply<Job> | null {
  const record = book.records().find(({ job }) => job.id === id);
  if (record === undefined) return null;
  if (!isUnfinished(record)) return refuse(problem("job-ended", { state: record.job.state }));
  const ttlMs = patch.ttlSeconds === undefined ? record.ttlMs : patch.ttlSeconds * 1000;
  const { phase = record.job.phase, pid = record.job.pid } = patch;
  const expiresAt = live.nowMs() + ttlMs;
  // Another process is told of without its beginning: from then on heartbeats keep the job.
  const pidStart = pid === record.job.pid ? record.pidStart : null;
  const lasts = pidStart === null ? { lastsWithPid: false } : {};
  live.change((state, nowMs) => beat(state, id, nowMs, { pid, ttlMs, ...lasts }));
  const next = { ...record, ttlMs, pidStart, job: { ...record.job, phase, pid, expiresAt } };
  book.take(book.records().map((one) => (one === record ? next : one)));
  return succeed(book.find(id) ?? next.job);
}

function whenStarted(
  { find, onChange }: JobBook,
  id: string,
  mostMs: number,
  signal: AbortSignal,
): Promise<Job | null> {
  return new Promise((resolve) => {
    const check = () => {
      if (find(id)?.state !== "waiting") done();
    };
    const done = () => {
      unsubscribe();
      clearTimeout(patience);
      signal.removeEventListener("abort", done);
      resolve(find(id));
    };
    const unsubscribe = onChange(check);
    const patience = setTimeout(done, mostMs);
    signal.addEventListener("abort", done);
    check();
  });
}
