import { randomUUID } from "node:crypto";
import type { Job } from "../../shared/capacity/job.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import type { JobBody, JobEnd, JobPatch } from "../../shared/protocol/job-requests.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import { createEmitter } from "../lib/emitter.ts";
import { admit, expire, finish, heartbeat, prune, type Records, request, revive } from "./admission.ts";
import {
  type JobFigures,
  mostRoom,
  queryOf,
  withPresentPeaks,
  withPresentReservations,
} from "./job-figures.ts";
import { isRunning, isUnfinished, isWaiting, type JobRecord } from "./job-record.ts";
import type { JobStore } from "./job-store.ts";
import type { RoomWatch } from "./room-watch.ts";

/** A job that has ended, with what it says of itself. */
export interface EndedJob {
  job: Job;
  /** Peak that it measured, MiB. */
  peakMiB: number | null;
  oom: boolean;
}

/** The jobs that were marked: who runs, who waits, and who may start. */
export interface Jobs {
  /** Those that run or wait in the order in which they came, then the last ones that ended. */
  list(): Job[];
  find(id: string): Job | null;
  /** The job, running or waiting, or why it cannot be taken. Its room is reserved when this returns. */
  request(body: JobBody, requestedBy: string): Reply<Job>;
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
  room: RoomWatch;
  figures: JobFigures;
  /** Epoch milliseconds of a clock that is never put forward or back. */
  nowMs(): number;
}

/** Ended jobs that everybody is shown. */
const SHOWN_ENDED = 20;

/** Every step is taken without an interruption and is on disk before anybody is told of it. */
export function createJobs({ store, room, figures, nowMs }: JobsContext): Jobs {
  const changes = createEmitter<void>();
  const ends = createEmitter<EndedJob>();
  // What is kept does not tell who is the first of the queue by now.
  let records: Records = admit(revive(store.load(), nowMs()), room.now(), nowMs());
  let expiry: NodeJS.Timeout | undefined;

  /** Takes over the records of a step: saved first, then known. */
  function take(next: Records, end?: JobEnd) {
    if (next === records) return;
    const before = new Map(records.map((record) => [record.job.id, record]));
    const kept = prune(next);
    const isNews = (record: JobRecord) => before.get(record.job.id) !== record;
    const keptIds = new Set(kept.map(({ job }) => job.id));
    store.save(
      kept.filter((record) => isNews(record) && textOf(record) !== textOf(before.get(record.job.id))),
      [...before.keys()].filter((id) => !keptIds.has(id)),
    );
    records = kept;
    settle();
    const changed = kept.filter((one) => isNews(one) && lookOf(one) !== lookOf(before.get(one.job.id)));
    if (changed.length > 0 || kept.length !== before.size) changes.emit();
    for (const { job } of changed) {
      const wasRunning = before.get(job.id)?.job.state === "running";
      if (!wasRunning || job.state === "running") continue;
      tellRoom(job);
      ends.emit({ job, peakMiB: end?.peakMiB ?? null, oom: end?.oom ?? false });
    }
  }

  function tellRoom({ state, pid, gpus, startedAt }: Job) {
    // One that only fell silent may well go on.
    if (state === "expired" || pid === null) return;
    const isShared = records.some((record) => isRunning(record) && record.job.pid === pid);
    if (!isShared) room.ended({ pid, gpus, startedAtMs: startedAt ?? 0 });
  }

  function admitNow() {
    if (!records.some(isWaiting)) return;
    const gpus = room.now();
    const present = withPresentPeaks(withPresentReservations(records, gpus, figures), figures);
    take(present.restore(admit(present.records, gpus, nowMs())));
  }

  function expireNow() {
    const next = expire(records, nowMs());
    if (next === records) return;
    take(next);
    admitNow();
  }

  /** What the present jobs need: samples, processes, and an end for those that fall silent. */
  function settle() {
    const waits = records.some(isWaiting);
    const runs = records.some(isRunning);
    room.setNeed({ samples: waits || runs, processes: waits });
    clearTimeout(expiry);
    const deadlines = records.filter(isUnfinished).map(({ job }) => job.expiresAt);
    if (deadlines.length === 0) return;
    expiry = setTimeout(
      () => {
        expireNow();
        settle();
      },
      Math.max(1, Math.min(...deadlines) - nowMs()),
    );
  }

  const unsubscribe = room.onChange(admitNow);
  settle();

  const find = (id: string) => records.find(({ job }) => job.id === id)?.job ?? null;

  return {
    list() {
      const ended = records.filter((record) => !isUnfinished(record)).map(({ job }) => job);
      ended.sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0));
      return [...records.filter(isUnfinished).map(({ job }) => job), ...ended.slice(0, SHOWN_ENDED)];
    },
    find,
    request(body, requestedBy) {
      const query = queryOf(body);
      const profile = query === null ? null : figures.resolve(query);
      if (query !== null && profile === null) return refuse(problem("unknown-profile"));
      expireNow();
      const gpus = room.now();
      const gpuCount = body.gpus ?? body.gpuIndexes?.length ?? profile?.gpus ?? 1;
      const most = mostRoom(gpus, records, gpuCount, body.gpuIndexes ?? null);
      const learned = profile === null ? null : figures.reservation(profile.id, most);
      const peakMiB = body.peakMiB ?? learned;
      if (peakMiB === null)
        return refuse(problem("bad-request", { detail: "profile, model or peakMiB is needed" }));
      const wish = {
        id: randomUUID(),
        label: body.label ?? profile?.label ?? "job",
        profile: profile?.id ?? null,
        peakMiB,
        ownPeak: body.peakMiB !== undefined,
        gpuCount,
        allowed: body.gpuIndexes ?? null,
        backend: body.backend ?? null,
        pid: body.pid ?? null,
        requestedBy,
        requestId: body.requestId ?? null,
        ttlMs: body.ttlSeconds * 1000,
        wait: body.wait,
      };
      const present = withPresentPeaks(withPresentReservations(records, gpus, figures), figures);
      const step = request(present.records, wish, gpus, nowMs());
      take(present.restore(step.records));
      return step.kind === "taken"
        ? succeed(find(step.record.job.id) ?? step.record.job)
        : refuse(step.problem);
    },
    heartbeat(id, patch) {
      const job = find(id);
      if (job === null) return null;
      const next = heartbeat(records, id, patch, nowMs());
      if (next === null) return refuse(problem("job-ended", { state: job.state }));
      take(next);
      return succeed(find(id) ?? job);
    },
    finish(id, end) {
      const next = finish(records, id, end.outcome, nowMs());
      if (next !== null) {
        take(next, end);
        admitNow();
      }
      return find(id);
    },
    takeOver() {
      store.save(records, []);
      const known = new Set(records.map(({ job }) => job.id));
      const left = store.load().filter(({ job }) => !known.has(job.id));
      if (left.length === 0) return;
      const all = [...records, ...revive(left, nowMs())];
      all.sort((a, b) => a.job.requestedAt - b.job.requestedAt);
      take(all.map((record, i) => (record.place === i + 1 ? record : { ...record, place: i + 1 })));
      admitNow();
    },
    whenStarted(id, mostMs, signal) {
      return new Promise((resolve) => {
        const look = () => {
          if (find(id)?.state !== "waiting") done();
        };
        const done = () => {
          stop();
          clearTimeout(patience);
          signal.removeEventListener("abort", done);
          resolve(find(id));
        };
        const stop = changes.subscribe(look);
        const patience = setTimeout(done, mostMs);
        signal.addEventListener("abort", done);
        look();
      });
    },
    onChange: changes.subscribe,
    onEnd: ends.subscribe,
    close() {
      unsubscribe();
      clearTimeout(expiry);
    },
  };
}

/** What must survive: a heartbeat need not, and position and reason follow from the rest. */
function textOf(record: JobRecord | undefined): string {
  if (record === undefined) return "";
  const { position: _, reason: __, ...job } = record.job;
  return JSON.stringify({ ...record, job: { ...job, expiresAt: 0 } });
}

/** What viewers are told of: all but the figures in the reason for waiting, which change with every sample. */
function lookOf(record: JobRecord | undefined): string {
  if (record === undefined) return "";
  const { expiresAt: _, reason, ...job } = record.job;
  return JSON.stringify([job, reason?.code]);
}
