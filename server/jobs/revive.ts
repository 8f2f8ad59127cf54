import type { JobAsk, RunningJob } from "../capacity/model.ts";
import { isRunning, isUnfinished, type JobRecord } from "./job-record.ts";

/** Jobs after the sidecar was away. */
export interface Revived {
  records: JobRecord[];
  running: RunningJob[];
  /** In their order. */
  waiting: { ask: JobAsk; ttlMs: number }[];
}

/** Nobody could send a heartbeat while the sidecar was away: each job is given its whole time-to-live anew. Pure. */
export function revive(kept: readonly JobRecord[], nowMs: number): Revived {
  const records = kept.map((record) =>
    isUnfinished(record) ? { ...record, job: { ...record.job, expiresAt: nowMs + record.ttlMs } } : record,
  );
  const running = records.filter(isRunning).map((record) => runningOf(record, nowMs));
  const waiting = records
    .filter((record) => isUnfinished(record) && !isRunning(record))
    .map((record) => ({ ask: { ...askOf(record), sinceMs: inLineOf(record, nowMs) }, ttlMs: record.ttlMs }));
  return { records, running, waiting };
}

/** It keeps its place, which may be before those who asked first. A clock that was put back gives nobody one to come. */
const inLineOf = ({ sinceMs, job }: JobRecord, nowMs: number) => Math.min(sinceMs ?? job.requestedAt, nowMs);

function askOf({ job, jobClass, on, pidStart }: JobRecord): JobAsk {
  const { id, requestedBy, gpuCount, pid, backend } = job;
  const lasts = pidStart === null ? {} : { lastsWithPid: true };
  return { id, asker: requestedBy, jobClass, gpuCount, on, pid, ...lasts, backend };
}

function runningOf(record: JobRecord, nowMs: number): RunningJob {
  const { job, running, ttlMs } = record;
  // A clock that was put back must not have a job begin in the future.
  const startedMs = Math.min(job.startedAt ?? nowMs, nowMs);
  return {
    ...askOf(record),
    kind: "running",
    askedMs: job.requestedAt,
    beatMs: nowMs,
    ttlMs,
    gpus: job.gpus,
    figureMiB: job.peakMiB,
    figures: new Map(),
    basis: running?.basis ?? "nothing",
    startedMs,
    expectedMs: running?.expectedMs ?? 0,
    ownMiB: running?.ownMiB ?? 0,
    seenMiB: 0,
    aloneMiB: 0,
    together: 1,
    sumsMiB: [],
  };
}
