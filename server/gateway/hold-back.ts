import type { Json, JsonRecord } from "../../shared/protocol/json-diff.ts";
import type { View } from "../../shared/protocol/view.ts";

/** Which of the parts that change often and are looked at seldom may be sent now. */
export interface Due {
  details: boolean;
  capacity: boolean;
  host: boolean;
}

/** Smaller changes (percent) of figures that only an opened fold shows are not worth a message. */
const JITTER_PCT = 5;
const JITTERY = ["fanPct", "utilizationMemoryPct"];
const MIB_PER_TENTH_GIB = 102.4;
/** Outstanding demand that has moved by so much decides who may start, MiB. */
const MATTERS_MIB = 1024;

/**
 * The view to send: that of now. Parts that no viewer could see change, and those that are not due yet, stay as viewers
 * have them. Pure.
 */
export function heldBack(before: View, now: View, due: Due): View {
  const capacity = due.capacity || capacityMatters(before, now);
  return {
    ...now,
    details: due.details ? calmColumns(before.details, now.details) : before.details,
    processMiB: due.details ? calmProcesses(before, now) : before.processMiB,
    promises: capacity ? now.promises : before.promises,
    runs: capacity || countOf(before.runs) !== countOf(now.runs) ? now.runs : before.runs,
    host: due.host ? now.host : before.host,
    jobs: listOf(now.jobs).map((job) => calmJob(findById(before.jobs, job), job)),
  };
}

/** Whoever starts jobs by what he sees must see at once what another job has taken or freed. */
function capacityMatters({ promises: before }: View, { promises: now }: View): boolean {
  const moved = columnOf(now, "promisedMiB").some((mib, i) => {
    const was = columnOf(before, "promisedMiB")[i];
    return Math.abs(Number(mib ?? 0) - Number(was ?? 0)) >= MATTERS_MIB;
  });
  return moved || text(columnOf(now, "running")) !== text(columnOf(before, "running"));
}

function calmColumns(before: Json, now: Json): Json {
  const calm = JITTERY.map((key) => {
    const old = columnOf(before, key);
    return [key, columnOf(now, key).map((pct, i) => calmFigure(old[i], pct, JITTER_PCT))] as const;
  });
  return isRecord(now) && Object.keys(now).length > 0 ? { ...now, ...Object.fromEntries(calm) } : now;
}

function calmFigure(before: Json | undefined, now: Json, jitter: number): Json {
  if (typeof before !== "number" || typeof now !== "number") return now;
  return Math.abs(before - now) < jitter ? before : now;
}

/** What a process holds is shown in tenths of a GiB. */
function calmProcesses({ processMiB: before }: View, { processMiB: now }: View): Json {
  const tenths = (mib: Json | undefined) =>
    typeof mib === "number" ? Math.round(mib / MIB_PER_TENTH_GIB) : mib;
  return listOf(now).map((list, gpu) => {
    const old = listOf(listOf(before)[gpu]);
    return listOf(list).map((mib, i) =>
      old[i] !== undefined && tenths(old[i]) === tenths(mib) ? old[i] : mib,
    );
  });
}

/** Heartbeats, and the figures in the reason for waiting, change all the time and are not shown. */
function calmJob(before: Json | undefined, now: Json): Json {
  return before !== undefined && lookOf(before) === lookOf(now) ? before : now;
}

function lookOf(job: Json): string {
  if (!isRecord(job)) return text(job);
  const { expiresAt: _, reason, ...shown } = job;
  return text([shown, isRecord(reason) ? (reason.code ?? null) : null]);
}

function findById(list: Json, job: Json): Json | undefined {
  return listOf(list).find((one) => isRecord(one) && isRecord(job) && one.id === job.id);
}

const text = (value: Json): string => JSON.stringify(value);
const countOf = (runs: Json): string =>
  text(listOf(runs).map((run) => (isRecord(run) ? [run.id ?? null, run.endedAt ?? null] : null)));
const columnOf = (columns: Json, key: string): readonly Json[] =>
  isRecord(columns) ? listOf(columns[key]) : [];
const listOf = (value: Json | undefined): readonly Json[] => (isList(value) ? value : []);
const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);
const isRecord = (value: Json | undefined): value is JsonRecord =>
  typeof value === "object" && value !== null && !isList(value);
