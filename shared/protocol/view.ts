import type { Gpu, GpuDetails, GpuProcess } from "../gpu/gpu.ts";
import type { Run } from "../timeline/run.ts";
import type { Json, JsonRecord } from "./json-diff.ts";
import type { State } from "./state.ts";

/** Everything that a viewer has beside readings and history, as the differences in a turn name it. */
export type View = { readonly [part in ViewPart]: Json };

export const VIEW_PARTS = [
  "source",
  "host",
  "details",
  "processMiB",
  "promises",
  "fits",
  "runs",
  "profiles",
  "backends",
  "found",
  "release",
  "handover",
  "alerts",
  "jobs",
] as const;
export type ViewPart = (typeof VIEW_PARTS)[number];

/** The parts of the state that are sent as differences. */
export type Viewed = Pick<
  State,
  "source" | "host" | "promises" | "fits" | "backends" | "found" | "release" | "alerts" | "jobs"
> & {
  gpus: readonly Gpu[];
  handover?: Json;
  runs: readonly Run[];
  profiles: readonly JsonRecord[];
};

/**
 * The view of a state. What is known of each GPU stands in columns, a figure of all GPUs in one list in the order of
 * `hello`: what changes often then takes its name once, and one number a GPU. Pure.
 */
export function viewOf(state: Viewed): View {
  const { source, host, gpus, promises, fits, runs, profiles, backends, found, release, alerts, jobs } =
    state;
  const { handover = null } = state;
  return {
    source,
    host,
    details: columnsOf(gpus.map((gpu) => ({ ...detailsOf(gpu), processes: namesOf(gpu.processes) }))),
    processMiB: gpus.map(({ processes }) => (processes ?? []).map(({ usedMiB }) => usedMiB)),
    promises: columnsOf(promises),
    fits,
    runs,
    profiles,
    backends,
    found,
    release,
    handover,
    alerts,
    jobs,
  };
}

export function detailsOf(gpu: Gpu): GpuDetails {
  const { memoryReservedMiB, utilizationMemoryPct, powerLimitW, fanPct, pstate, throttle, mig, processes } =
    gpu;
  return { memoryReservedMiB, utilizationMemoryPct, powerLimitW, fanPct, pstate, throttle, mig, processes };
}

function namesOf(processes: readonly GpuProcess[] | null) {
  return processes?.map(({ usedMiB: _, ...process }) => process) ?? null;
}

/** Records with the same keys → a list for each key. */
function columnsOf(records: readonly JsonRecord[]): { [key: string]: Json[] } {
  const [first] = records;
  const keys = Object.keys(first ?? {});
  return Object.fromEntries(keys.map((key) => [key, records.map((record) => record[key] ?? null)]));
}

/** A list for each key → records. Pure. */
export function recordsOf(columns: Json): { [key: string]: Json }[] {
  const lists = Object.entries(asRecord(columns)).map(([key, list]) => [key, asList(list)] as const);
  const count = Math.max(0, ...lists.map(([, list]) => list.length));
  return Array.from({ length: count }, (_, i) =>
    Object.fromEntries(lists.map(([key, list]) => [key, list[i] ?? null])),
  );
}

/** The details of each GPU, with what each process holds put back into the processes. Pure. */
export function detailRecordsOf({ details, processMiB }: Pick<View, "details" | "processMiB">): Json[] {
  const mib = asList(processMiB).map(asList);
  return recordsOf(details).map((record, gpu) => {
    const { processes } = record;
    if (!Array.isArray(processes)) return record;
    const listed = processes.map((one: Json, i) => ({ ...asRecord(one), usedMiB: mib[gpu]?.[i] ?? null }));
    return { ...record, processes: listed };
  });
}

const asList = (value: Json | undefined): readonly Json[] => (isList(value) ? value : []);
const asRecord = (value: Json | undefined): JsonRecord =>
  typeof value === "object" && value !== null && !isList(value) ? value : {};
const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);
