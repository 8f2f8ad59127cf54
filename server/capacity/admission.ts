import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { JobEnd, JobPatch } from "../../shared/protocol/job-requests.ts";
import { isUnfinished, type JobRecord } from "./job-record.ts";
import { neverFits } from "./never-fits.ts";
import { admitWaiting } from "./queue.ts";
import type { GpuNow } from "./room.ts";

/** A job that wants to start. */
export interface JobWish {
  id: string;
  label: string;
  profile: string | null;
  peakMiB: number;
  /** The peak is its own word, not its profile's. */
  ownPeak?: boolean;
  gpuCount: number;
  /** Indexes of the GPUs that it may use; `null`: any. */
  allowed: readonly number[] | null;
  backend: string | null;
  pid: number | null;
  requestedBy: string;
  requestId: string | null;
  ttlMs: number;
  /** False: refused rather than kept waiting. */
  wait: boolean;
}

/** All jobs after a step, in order of arrival; the last ones that ended are among them. */
export type Records = readonly JobRecord[];

/** Jobs that may run or wait at the same time. */
export const MOST_UNFINISHED = 1000;
/** Ended jobs that are kept. */
export const MOST_ENDED = 100;

export type RequestStep =
  | { kind: "taken"; records: Records; record: JobRecord }
  | { kind: "refused"; records: Records; problem: Problem };

/**
 * A job asks to start. It is refused where it can never fit, and otherwise runs or waits in the records that come
 * back: whoever keeps these has reserved its room. Pure, as everything here.
 */
export function request(before: Records, wish: JobWish, gpus: readonly GpuNow[], nowMs: number): RequestStep {
  const known = before.find(({ requestId }) => requestId !== null && requestId === wish.requestId);
  if (known !== undefined) return { kind: "taken", records: before, record: known };
  const never = neverFits(wish, gpus);
  if (never !== null) return { kind: "refused", records: before, problem: never };
  if (before.filter(isUnfinished).length >= MOST_UNFINISHED) {
    const full = problem("too-many-jobs", { count: MOST_UNFINISHED });
    return { kind: "refused", records: before, problem: full };
  }
  const { id, label, profile, peakMiB, gpuCount, backend, pid, requestedBy, ttlMs } = wish;
  const place = Math.max(0, ...before.map((record) => record.place)) + 1;
  const asked: JobRecord = {
    place,
    requestId: wish.requestId,
    ownPeak: wish.ownPeak ?? false,
    ttlMs,
    allowed: wish.allowed === null ? null : [...wish.allowed],
    seconds: null,
    keeps: [],
    firstAt: null,
    usedBefore: [],
    job: {
      id,
      label,
      profile,
      state: "waiting",
      gpus: [],
      gpuCount,
      peakMiB,
      backend,
      pid,
      phase: null,
      requestedBy,
      requestedAt: nowMs,
      startedAt: null,
      endedAt: null,
      expiresAt: nowMs + ttlMs,
      position: null,
    },
  };
  const records = admitWaiting([...before, asked], gpus, nowMs);
  const record = records.find((one) => one.place === place) ?? asked;
  const { reason } = record.job;
  if (!wish.wait && reason !== undefined)
    return { kind: "refused", records: records.filter((one) => one !== record), problem: reason };
  return { kind: "taken", records, record };
}

/** Admits what has room now, in order. */
export function admit(before: Records, gpus: readonly GpuNow[], nowMs: number): Records {
  return admitWaiting(before, gpus, nowMs);
}

/** A job is alive; `null` when there is none of this id that runs or waits. */
export function heartbeat(before: Records, id: string, patch: JobPatch, nowMs: number): Records | null {
  return change(before, id, (record) => {
    const ttlMs = patch.ttlSeconds === undefined ? record.ttlMs : patch.ttlSeconds * 1000;
    const { job } = record;
    const { phase = job.phase, pid = job.pid } = patch;
    return { ...record, ttlMs, job: { ...job, phase, pid, expiresAt: nowMs + ttlMs } };
  });
}

/** A job has ended, or gives up waiting; `null` when there is none of this id that runs or waits. */
export function finish(
  before: Records,
  id: string,
  outcome: JobEnd["outcome"],
  nowMs: number,
): Records | null {
  return change(before, id, (record) => end(record, outcome, nowMs));
}

/** Ends what has sent no heartbeat within its time-to-live; the same records when there is none. */
export function expire(before: Records, nowMs: number): Records {
  const dead = (record: JobRecord) => isUnfinished(record) && record.job.expiresAt <= nowMs;
  if (!before.some(dead)) return before;
  return before.map((record) => (dead(record) ? end(record, "expired", nowMs) : record));
}

/**
 * The jobs after the sidecar was away: nobody could send a heartbeat meanwhile, so that each is given its whole
 * time-to-live anew.
 */
export function revive(before: Records, nowMs: number): Records {
  return before.map((record) =>
    isUnfinished(record)
      ? {
          ...record,
          // A clock that was put back must not begin its hour anew.
          firstAt: record.firstAt === null ? null : Math.min(record.firstAt, nowMs),
          job: { ...record.job, expiresAt: nowMs + record.ttlMs },
        }
      : record,
  );
}

/** The records without all but the last ended ones. */
export function prune(before: Records): Records {
  const ended = before.filter((record) => !isUnfinished(record));
  if (ended.length <= MOST_ENDED) return before;
  const old = new Set(ended.sort((a, b) => endOf(b) - endOf(a)).slice(MOST_ENDED));
  return before.filter((record) => !old.has(record));
}

const endOf = ({ job }: JobRecord) => job.endedAt ?? 0;

function change(before: Records, id: string, to: (record: JobRecord) => JobRecord): Records | null {
  const found = before.find((record) => record.job.id === id && isUnfinished(record));
  return found === undefined ? null : before.map((record) => (record === found ? to(record) : record));
}

function end(record: JobRecord, state: JobEnd["outcome"] | "expired", nowMs: number): JobRecord {
  const { reason: _, ...job } = record.job;
  return { ...record, keeps: [], job: { ...job, state, endedAt: nowMs, position: null } };
}
