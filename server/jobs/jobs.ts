import type { Job } from "../../shared/capacity/job.ts";
import type { Profile } from "../../shared/capacity/profile.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { JobBody, JobEnd, JobPatch } from "../../shared/protocol/job-requests.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import { demandsOf } from "../capacity/admission/admit.ts";
import { beat, declare, end } from "../capacity/capacity.ts";
import type { Description, Meant } from "../capacity/classes/resolve.ts";
import { figureOf } from "../capacity/learning/figure.ts";
import type { LiveCapacity } from "../capacity/live/live.ts";
import type { CapacityState, JobAsk } from "../capacity/model.ts";
import { neverProblem } from "../capacity/published/reasons.ts";
import { viewWaiting } from "../capacity/published/view-waiting.ts";
import { roomOf } from "../capacity/room/room.ts";
import { createEmitter } from "../lib/emitter.ts";
import { isUnfinished, type JobRecord } from "./job-record.ts";
import type { JobStore } from "./job-store.ts";
import type { PidWatch } from "./pid-watch.ts";
import {
  askOf,
  descriptionOf,
  endedRecord,
  followed,
  lookOf,
  placeOf,
  prune,
  recordOf,
  textOf,
} from "./records.ts";
import { revive } from "./revive.ts";

/** A job that has ended, with what it says of itself. */
export interface EndedJob {
  job: Job;
  /** Peak that it measured, MiB. */
  peakMiB: number | null;
  oom: boolean;
}

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
  /** The database is another one than before: it gets every job, and jobs that another panel has left in it are taken over. */
  takeOver(): void;
  /** Told when the list has changed in more than its heartbeats. */
  onChange(listener: () => void): () => void;
  /** Told of every job that has run and ended or died. */
  onEnd(listener: (ended: EndedJob) => void): () => void;
  close(): void;
}

export interface JobsContext {
  store: JobStore;
  live: LiveCapacity;
  pids: PidWatch;
  /** The class that is meant; `null`: nothing is known of such a job. */
  resolve(description: Description): Meant | null;
  /** A kind of job is asked for that may be learned; people are to see it under a name. */
  noteClass(meant: { jobClass: JobAsk["jobClass"]; profile: Profile }): void;
  /** Why no job can be let in here, whatever there is room for; `null`: nothing stands against it. */
  obstacle(): Promise<Problem | null>;
}

/** Jobs that may run or wait at the same time. */
const MOST_UNFINISHED = 1000;
/** Ended jobs that everybody is shown. */
const SHOWN_ENDED = 20;

/** Every step is taken without an interruption and is on disk before anybody is told of it. */
export function createJobs({ store, live, pids, resolve, noteClass, obstacle }: JobsContext): Jobs {
  const changes = createEmitter<void>();
  const ends = createEmitter<EndedJob>();
  let records: readonly JobRecord[] = [];
  let expiry: NodeJS.Timeout | undefined;

  /** Takes over the records of a step: saved first, then known. */
  function take(next: readonly JobRecord[], told: ReadonlyMap<string, JobEnd> = new Map()) {
    const before = new Map(records.map((record) => [record.job.id, record]));
    const kept = prune(next);
    const isNews = (record: JobRecord) => before.get(record.job.id) !== record;
    const keptIds = new Set(kept.map(({ job }) => job.id));
    store.save(
      kept.filter((record) => isNews(record) && textOf(record) !== textOf(before.get(record.job.id))),
      [...before.keys()].filter((id) => !keptIds.has(id)),
    );
    records = kept;
    watchExpiry();
    const changed = kept.filter((one) => isNews(one) && lookOf(one) !== lookOf(before.get(one.job.id)));
    if (changed.length > 0 || kept.length !== before.size) changes.emit();
    for (const { job } of changed) {
      if (before.get(job.id)?.job.state !== "running" || job.state === "running") continue;
      const { peakMiB = null, oom = false } = told.get(job.id) ?? {};
      ends.emit({ job, peakMiB, oom });
    }
  }

  /** Who has started, and what the others wait for, as the state has it now. */
  function follow() {
    const state = live.state();
    const running = new Map(state.running.map((job) => [job.id, job]));
    const waiting = viewWaiting(state, live.isKnown(), live.nowMs(), live.policy);
    take(records.map((record) => followed(record, running.get(record.job.id), waiting.get(record.job.id))));
  }

  function endGone() {
    for (const { job } of records.filter(isUnfinished))
      if (job.pid !== null && pids.hasGone(job.id, job.pid)) finish(job.id, "failed");
  }

  function finish(id: string, state: "done" | "failed" | "expired", told?: JobEnd) {
    const record = records.find((one) => one.job.id === id && isUnfinished(one));
    if (record === undefined) return;
    const outcome = told?.oom === true ? "out-of-memory" : state === "done" ? "done" : "other";
    const how = { outcome, reportedMiB: told?.peakMiB ?? null } as const;
    live.change((now, nowMs, policy) => end(now, id, how, nowMs, policy));
    pids.forget(id);
    const ended = endedRecord(record, state, live.nowMs());
    take(
      records.map((one) => (one === record ? ended : one)),
      new Map(told === undefined ? [] : [[id, told]]),
    );
    live.recompute();
  }

  /** Ends those that fall silent, also while no samples come. */
  function watchExpiry() {
    clearTimeout(expiry);
    const deadlines = records.filter(isUnfinished).map(({ job }) => job.expiresAt);
    if (deadlines.length === 0) return;
    const inMs = Math.max(1, Math.min(...deadlines) - live.nowMs());
    expiry = setTimeout(() => {
      const silent = records.filter((one) => isUnfinished(one) && one.job.expiresAt <= live.nowMs());
      for (const { job } of silent) finish(job.id, "expired");
      watchExpiry();
    }, inMs);
  }

  function adopt(kept: readonly JobRecord[]) {
    const { records: alive, running, waiting } = revive(kept, live.nowMs());
    records = [...records, ...alive].sort((a, b) => a.job.requestedAt - b.job.requestedAt);
    records = records.map((record, i) => (record.place === i + 1 ? record : { ...record, place: i + 1 }));
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
  const find = (id: string) => records.find(({ job }) => job.id === id)?.job ?? null;

  async function request(body: JobBody, requestedBy: string): Promise<Reply<Job>> {
    const against = await obstacle();
    const known =
      body.requestId === undefined ? undefined : records.find((one) => one.requestId === body.requestId);
    if (known !== undefined) {
      if (known.job.state === "waiting") await live.decide();
      return succeed(find(known.job.id) ?? known.job);
    }
    if (against !== null) return refuse(against);
    const meant = resolve(descriptionOf(body));
    if (meant === null) {
      const isNamed = body.profile !== undefined || body.model !== undefined;
      const detail = "profile, model, signature or peakMiB is needed";
      return refuse(isNamed ? problem("unknown-profile") : problem("bad-request", { detail }));
    }
    if (records.filter(isUnfinished).length >= MOST_UNFINISHED)
      return refuse(problem("too-many-waiting", { count: MOST_UNFINISHED }));
    const ask = askOf(body, meant, requestedBy);
    const ttlMs = body.ttlSeconds * 1000;
    const runsOn = body.started ? placeOf(ask, live.state()) : null;
    let refusal: Reply<Job> | null = null;
    live.change((state, nowMs, policy) => {
      const declared = declare(state, ask, { runsOn, ttlMs }, nowMs, policy);
      if (declared.kind === "never")
        refusal = refuse(neverProblem(ask, figureOf(ask.jobClass, state, policy).mib, state.gpus));
      return declared.state;
    });
    if (refusal !== null) return refusal;
    noteClass(meant);
    take([...records, recordOf(body, ask, meant, { nowMs: live.nowMs(), place: place() })]);
    if (body.started) {
      live.recompute();
      noteOverCommitment(ask.id);
    } else await live.decide();
    follow();
    const job = find(ask.id);
    if (job === null) return refuse(problem("not-found", { path: ask.id }));
    if (body.wait || job.state !== "waiting") return succeed(job);
    finish(ask.id, "failed");
    take(records.filter((one) => one.job.id !== ask.id));
    const { reason = problem("not-sampling"), startsAt } = job;
    const retryAfterS = startsAt === null ? null : Math.max(1, Math.ceil((startsAt - live.nowMs()) / 1000));
    return refuse(retryAfterS === null ? reason : { ...reason, params: { ...reason.params, retryAfterS } });
  }

  /** A job that runs already may need more than there is: that is told, and nothing else. */
  function noteOverCommitment(id: string) {
    const running = live.state().running.find((job) => job.id === id);
    const rooms = demandsOf(live.state(), live.nowMs(), live.policy)
      .filter(({ index }) => running?.gpus.includes(index))
      .map((demand) => roomOf(demand, false).roomMiB);
    const overCommittedMiB = Math.ceil(-Math.min(0, ...rooms));
    if (overCommittedMiB === 0) return;
    take(records.map((one) => (one.job.id === id ? { ...one, job: { ...one.job, overCommittedMiB } } : one)));
  }

  const place = () => Math.max(0, ...records.map((record) => record.place)) + 1;

  return {
    list() {
      const ended = records.filter((record) => !isUnfinished(record)).map(({ job }) => job);
      ended.sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0));
      return [...records.filter(isUnfinished).map(({ job }) => job), ...ended.slice(0, SHOWN_ENDED)];
    },
    find,
    request,
    heartbeat(id, patch) {
      const record = records.find(({ job }) => job.id === id);
      if (record === undefined) return null;
      if (!isUnfinished(record)) return refuse(problem("job-ended", { state: record.job.state }));
      const ttlMs = patch.ttlSeconds === undefined ? record.ttlMs : patch.ttlSeconds * 1000;
      const { phase = record.job.phase, pid = record.job.pid } = patch;
      live.change((state, nowMs) => beat(state, id, nowMs, { pid, ttlMs }));
      const expiresAt = live.nowMs() + ttlMs;
      const next = { ...record, ttlMs, job: { ...record.job, phase, pid, expiresAt } };
      take(records.map((one) => (one === record ? next : one)));
      return succeed(find(id) ?? next.job);
    },
    finish(id, told) {
      finish(id, told.outcome, told);
      return find(id);
    },
    takeOver() {
      store.save(records, []);
      const known = new Set(records.map(({ job }) => job.id));
      const left = store.load().filter(({ job }) => !known.has(job.id));
      if (left.length === 0) return;
      adopt(left);
      store.save(records, []);
      follow();
      changes.emit();
    },
    whenStarted(id, mostMs, signal) {
      return new Promise((resolve) => {
        const look = () => {
          if (find(id)?.state !== "waiting") done();
        };
        const done = () => {
          unsubscribe();
          clearTimeout(patience);
          signal.removeEventListener("abort", done);
          resolve(find(id));
        };
        const unsubscribe = changes.subscribe(look);
        const patience = setTimeout(done, mostMs);
        signal.addEventListener("abort", done);
        look();
      });
    },
    onChange: changes.subscribe,
    onEnd: ends.subscribe,
    close() {
      stopFollowing();
      clearTimeout(expiry);
    },
  };
}
