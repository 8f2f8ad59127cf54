import type { Gpu, GpuProcess } from "../../shared/gpu/gpu.ts";
import { createHolds } from "../lib/holds.ts";
import type { ProcessTimings } from "../timings.ts";
import { createProcessSchedule } from "./process-schedule.ts";
import type { ProcessesByGpu, SampleSource } from "./source.ts";

/** The second, slower question: which processes are on the GPUs. */
export interface ProcessList {
  /** Asks now and waits for the answer. One query at a time; a second caller joins. */
  refresh(): Promise<void>;
  /** The same by a query that begins from now on: one under way may have been answered before. */
  refreshAnew(): Promise<void>;
  /** Asks, unless it was asked lately or nothing can have changed. */
  refreshIfDue(): void;
  /** Has the processes listed every 10 s, watched or not, until the returned function is called. */
  hold(): () => void;
  /** Was there an answer, even that there is none? */
  isAsked(): boolean;
  close(): void;
}

/** Whose the processes are; `backendOf` is asked after `findOwners`. */
export interface OwnerOptions {
  findOwners?: (pids: readonly number[]) => Promise<void>;
  backendOf?: (pid: number) => string | undefined;
}

export interface ProcessListParts extends OwnerOptions {
  source: Pick<SampleSource, "queryProcesses">;
  timings: ProcessTimings;
  nowMs(): number;
  gpus(): readonly Gpu[];
  /** Samples come, so that an answer can be had. */
  isLive(): boolean;
  isWatched(): boolean;
  take(processes: ProcessesByGpu | null): void;
}

export function createProcessList(parts: ProcessListParts): ProcessList {
  const { source, nowMs, gpus } = parts;
  const schedule = createProcessSchedule(parts.timings);
  const holds = createHolds(refreshIfDue);
  let asked = false;
  let closed = false;
  let query: Promise<void> | undefined;
  let following: Promise<void> | undefined;

  async function list(): Promise<void> {
    schedule.began(gpus(), nowMs());
    const { processes: listed, cpuMs } = await source.queryProcesses();
    const processes = await withOwners(listed, parts);
    if (closed) return;
    schedule.ended(nowMs(), cpuMs);
    asked = true;
    parts.take(processes);
  }

  function refresh(): Promise<void> {
    query ??= list().finally(() => {
      query = undefined;
    });
    return query;
  }

  function refreshAnew(): Promise<void> {
    if (query === undefined) return refresh();
    following ??= query.then(refresh, refresh).finally(() => {
      following = undefined;
    });
    return following;
  }

  function refreshIfDue() {
    if (closed || query !== undefined || !parts.isLive()) return;
    if (schedule.isDue(gpus(), nowMs(), parts.isWatched() || holds.areAny())) void refresh();
  }

  return {
    refresh,
    refreshAnew,
    refreshIfDue,
    hold: holds.take,
    isAsked: () => asked,
    close() {
      closed = true;
    },
  };
}

async function withOwners(
  processes: ProcessesByGpu | null,
  { findOwners, backendOf }: OwnerOptions,
): Promise<ProcessesByGpu | null> {
  if (processes === null || findOwners === undefined || backendOf === undefined) return processes;
  await findOwners([...processes.values()].flat().map(({ pid }) => pid));
  const named = ([uuid, list]: readonly [string, readonly GpuProcess[]]) =>
    [uuid, list.map((one) => withBackend(one, backendOf(one.pid)))] as const;
  return new Map([...processes].map(named));
}

function withBackend(process: GpuProcess, backend: string | undefined): GpuProcess {
  return backend === undefined ? process : { ...process, backend };
}
