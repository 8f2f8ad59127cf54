import { type Gpu, type GpuDetails, UNKNOWN_READING } from "../../shared/gpu/gpu.ts";
import type { Tick } from "./assemble-tick.ts";
import { type GpuRow, namelessUuid } from "./gpu-row.ts";
import type { ProcessesByGpu } from "./source.ts";

/** How many ticks a GPU must be missing before it is called lost: one may be cut short. */
const TICKS_UNTIL_LOST = 2;

/** A GPU and for how many ticks it has not answered. */
export interface KnownGpu {
  gpu: Gpu;
  missed: number;
}

/**
 * The GPUs after a tick. Pure. GPUs are told apart by UUID; one that no longer answers stays in the list,
 * at first with unknown readings and then as lost, until it answers again.
 */
export function applyTick(known: readonly KnownGpu[], tick: Tick): KnownGpu[] {
  const rows = new Map(tick.map((row) => [knownUuid(row, known, tick), row]));
  const kept = known.map(({ gpu, missed }): KnownGpu => {
    const row = rows.get(gpu.uuid);
    rows.delete(gpu.uuid);
    if (row !== undefined && !isSilent(row, gpu))
      return { gpu: { ...fromRow(row, gpu.processes), ...identity(gpu, row) }, missed: 0 };
    const lost = missed + 1 >= TICKS_UNTIL_LOST;
    return {
      gpu: { ...gpu, ...UNKNOWN_READING, ...(lost ? { lost, processes: null } : {}) },
      missed: missed + 1,
    };
  });
  const added = [...rows.values()].map((row): KnownGpu => ({ gpu: fromRow(row, null), missed: 0 }));
  return [...kept, ...added].sort((a, b) => a.gpu.index - b.gpu.index);
}

/** The GPUs when there are no samples any more: nothing of what was last read is known to hold still. */
export function forgetReadings(known: readonly KnownGpu[]): KnownGpu[] {
  return known.map(({ gpu, missed }) => ({ gpu: { ...gpu, ...UNKNOWN_READING, processes: null }, missed }));
}

/** The GPUs with the answer of the process query; `null`: it failed, so nothing is known. */
export function applyProcesses(known: readonly KnownGpu[], processes: ProcessesByGpu | null): KnownGpu[] {
  return known.map(({ gpu, missed }) => ({
    gpu: { ...gpu, processes: processes === null || gpu.lost ? null : [...(processes.get(gpu.uuid) ?? [])] },
    missed,
  }));
}

/**
 * The UUID under which a row's GPU is known. A row in trouble may tell no more than its index, and a GPU that
 * was first seen so tells its UUID later.
 */
function knownUuid(row: GpuRow, known: readonly KnownGpu[], tick: Tick): string {
  if (known.some(({ gpu }) => gpu.uuid === row.uuid)) return row.uuid;
  const same = known.find(
    ({ gpu }) => gpu.index === row.index && tick.every(({ uuid }) => uuid !== gpu.uuid),
  );
  if (same === undefined) return row.uuid;
  const nameless = namelessUuid(row.index);
  return row.uuid === nameless || same.gpu.uuid === nameless ? same.gpu.uuid : row.uuid;
}

/** True for a row that tells no more than the index of a GPU that told more before: it is no answer. */
function isSilent({ index, uuid, reading }: GpuRow, gpu: Gpu): boolean {
  const nameless = namelessUuid(index);
  return (
    uuid === nameless && gpu.uuid !== nameless && Object.values(reading).every((value) => value === null)
  );
}

/** What a GPU is called does not change when one row of it tells nothing. */
function identity(gpu: Gpu, row: GpuRow): Partial<Gpu> {
  if (row.uuid !== namelessUuid(row.index)) return {};
  return {
    uuid: gpu.uuid,
    name: gpu.name,
    memoryTotalMiB: row.memoryTotalMiB ?? gpu.memoryTotalMiB,
    ...(row.display === null && gpu.display !== undefined ? { display: gpu.display } : {}),
  };
}

function fromRow(row: GpuRow, processes: GpuDetails["processes"]): Gpu {
  return {
    index: row.index,
    uuid: row.uuid,
    name: row.name,
    memoryTotalMiB: row.memoryTotalMiB,
    lost: false,
    ...(row.display === null ? {} : { display: row.display }),
    ...row.reading,
    ...row.details,
    processes,
  };
}
