import { randomUUID } from "node:crypto";
import type { Job } from "../../shared/jobs/job.ts";
import type { ProfileQuery } from "../../shared/profiles/match-profile.ts";
import type { JobBody } from "../../shared/protocol/job-requests.ts";
import type { CapacityState, JobAsk, RunningJob } from "../capacity/model.ts";
import type { Description, Meant } from "../profiles/resolve.ts";
import { isUnfinished, type JobRecord } from "./job-record.ts";
import type { WaitingView } from "./view-waiting.ts";

/** Ended jobs that are kept. */
const MOST_ENDED = 100;

/** How a request describes its job. */
export function descriptionOf(body: JobBody): Description {
  const { signature, peakMiB, label } = body;
  return { query: queryOf(body), signature, peakMiB, label };
}

function queryOf(body: JobBody): ProfileQuery | null {
  const { profile, model, task, resolution, frames, steps, quant, offload } = body;
  return profile === undefined && model === undefined
    ? null
    : { profile, model, task, resolution, frames, steps, quant, offload };
}

/**
 * The job as admission sees it.
 * @param sinceMs since when it stands in line
 * @param ownerOf the backend of a process, where it is one's
 */
export function askOf(
  body: JobBody,
  { jobClass, profile }: Meant,
  asker: string,
  sinceMs: number,
  ownerOf: (pid: number) => string | null = () => null,
): JobAsk {
  const { pid = null, pidStart, backend = null } = body;
  const owner = pid === null ? null : ownerOf(pid);
  // A process of one backend may ask for a job in another: that is where its memory will be.
  const isElsewhere = backend !== null && owner !== null && owner !== backend;
  return {
    ...(pidStart === undefined ? {} : { lastsWithPid: true }),
    id: randomUUID(),
    asker: body.asker ?? asker,
    jobClass,
    gpuCount: body.gpus ?? body.gpuIndexes?.length ?? profile.gpus,
    on: body.gpuIndexes ?? [],
    pid: isElsewhere ? null : pid,
    backend,
    sinceMs,
  };
}

/** The record of a job that has just been declared. */
export function recordOf(
  body: JobBody,
  ask: JobAsk,
  { profile }: Meant,
  { nowMs, place, from }: { nowMs: number; place: number; from: string },
): JobRecord {
  const ttlMs = body.ttlSeconds * 1000;
  const { sinceMs = nowMs } = ask;
  const isNamed = (body.profile ?? body.model ?? body.signature) !== undefined;
  return {
    place,
    ...(sinceMs < nowMs ? { sinceMs } : {}),
    from,
    requestId: body.requestId ?? null,
    ttlMs,
    pidStart: body.pidStart ?? null,
    jobClass: ask.jobClass,
    on: [...ask.on],
    running: null,
    job: {
      id: ask.id,
      label: body.label ?? profile.label,
      profile: isNamed ? profile.id : null,
      state: "waiting",
      gpus: [],
      gpuCount: ask.gpuCount,
      peakMiB: profile.peakMiB,
      backend: ask.backend,
      // Also where the job itself is in another backend: the process that asks for it.
      pid: body.pid ?? null,
      phase: null,
      requestedBy: ask.asker,
      requestedAt: nowMs,
      startedAt: null,
      endedAt: null,
      expiresAt: nowMs + ttlMs,
      position: null,
      startsAt: null,
      endsAt: null,
    },
  };
}

/** The record with what the state has of it now. The same one where nothing has changed. */
export function followed(
  record: JobRecord,
  running: RunningJob | undefined,
  waiting: WaitingView | undefined,
): JobRecord {
  if (!isUnfinished(record)) return record;
  if (running !== undefined) return asRunning(record, running);
  if (waiting === undefined) return record;
  const { reason, ...rest } = waiting;
  const isSame =
    record.job.position === rest.position &&
    record.job.startsAt === rest.startsAt &&
    record.job.peakMiB === rest.peakMiB &&
    record.job.reason?.message === reason.message;
  return isSame ? record : { ...record, job: { ...record.job, ...rest, reason } };
}

function asRunning(record: JobRecord, running: RunningJob): JobRecord {
  const { gpus, figureMiB, basis, startedMs, expectedMs, ownMiB } = running;
  // A process that was only matched stays a guess of ours: the job is shown with what it told.
  const endsAt = Math.round(startedMs + expectedMs);
  if (record.running !== null && record.job.endsAt === endsAt) return record;
  const { reason: _, ...job } = record.job;
  return {
    ...record,
    running: { basis, expectedMs, ownMiB },
    job: {
      ...job,
      state: "running",
      gpus: [...gpus].sort((a, b) => a - b),
      peakMiB: Math.ceil(figureMiB),
      startedAt: Math.round(startedMs),
      position: null,
      startsAt: null,
      endsAt,
    },
  };
}

export function endedRecord(
  record: JobRecord,
  state: Job["state"],
  nowMs: number,
  gaveWay = false,
): JobRecord {
  const { reason: _, ...job } = record.job;
  const over = { state, endedAt: nowMs, position: null, startsAt: null, endsAt: null };
  return { ...record, ...(gaveWay ? { gaveWay } : {}), running: null, job: { ...job, ...over } };
}

/** GPUs of a job that runs already: those it named, else where its process is listed, else the emptiest ones. */
export function placeOf({ on, pid, backend, gpuCount }: JobAsk, { gpus }: CapacityState): number[] {
  if (on.length > 0) return on.slice(0, Math.max(1, gpuCount));
  const listed = gpus.filter(
    (track) =>
      track.kind === "listed" &&
      track.tenants.some(
        (one) => (pid !== null && one.pid === pid) || (backend !== null && one.backend === backend),
      ),
  );
  const free = ({ evidence: { totalMiB, usedMiB } }: CapacityState["gpus"][number]) => totalMiB - usedMiB;
  const known = listed.length > 0 ? listed : [...gpus].sort((a, b) => free(b) - free(a)).slice(0, gpuCount);
  return known.map(({ evidence }) => evidence.index);
}

/** The records without all but the last ended ones. */
export function prune(before: readonly JobRecord[]): readonly JobRecord[] {
  const ended = before.filter((record) => !isUnfinished(record));
  if (ended.length <= MOST_ENDED) return before;
  const endOf = ({ job }: JobRecord) => job.endedAt ?? 0;
  const old = new Set(ended.sort((a, b) => endOf(b) - endOf(a)).slice(MOST_ENDED));
  return before.filter((record) => !old.has(record));
}

/** What must survive: a heartbeat need not, and position, reason and expected times follow from the rest. */
export function textOf(record: JobRecord | undefined): string {
  if (record === undefined) return "";
  const { position: _, reason: __, ...job } = record.job;
  return JSON.stringify({ ...record, job: { ...job, expiresAt: 0, startsAt: null, endsAt: null } });
}

/** What viewers are told of: all but the figures in the reason for waiting, which change with every sample. */
export function shownOf(record: JobRecord | undefined): string {
  if (record === undefined) return "";
  const { expiresAt: _, reason, ...job } = record.job;
  return JSON.stringify([job, reason?.code]);
}
