import { type Gpu, type GpuDetails, UNKNOWN_READING } from "../../shared/gpu/gpu.ts";
import type { Tick } from "./assemble-tick.ts";
import { type GpuRow, namelessUuid, tellsFigures } from "./gpu-row.ts";
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
export function applyTick(known: readonly KnownGpu[], told: Tick): KnownGpu[] {
  const tick = told.map(withOwnUuid);
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
  return withOwnIndexes([...kept, ...added]).sort((a, b) => a.gpu.index - b.gpu.index);
}

/** Two rows of one UUID are two GPUs all the same: the second is known by its index. */
function withOwnUuid(row: GpuRow, i: number, tick: Tick): GpuRow {
  const isTaken = tick.slice(0, i).some(({ uuid }) => uuid === row.uuid);
  return isTaken ? { ...row, uuid: namelessUuid(row.index) } : row;
}

/** After a GPU has left, the driver may give its number to another: the lost one takes one that is free. */
function withOwnIndexes(gpus: readonly KnownGpu[]): KnownGpu[] {
  const taken = new Set(gpus.flatMap(({ gpu, missed }) => (missed === 0 ? [gpu.index] : [])));
  return gpus.map((one) => {
    const { gpu, missed } = one;
    if (missed === 0) return one;
    let index = gpu.index;
    while (taken.has(index)) index++;
    taken.add(index);
    return index === gpu.index ? one : { gpu: { ...gpu, index }, missed };
  });
}

/** The GPUs when samples have stopped: what was last read may have changed since. */
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

/** True for a row that is no answer: it says that the GPU is lost, or says nothing of one that told more before. */
function isSilent(row: GpuRow, gpu: Gpu): boolean {
  if (row.trouble !== undefined) return row.trouble === "gpu-lost";
  const nameless = namelessUuid(row.index);
  const toldMore =
    (row.uuid === nameless && gpu.uuid !== nameless) ||
    (row.memoryTotalMiB === null && gpu.memoryTotalMiB !== null);
  return toldMore && !tellsFigures(row);
}

/** What a GPU is called, and how much memory it has, does not change when one row of it does not tell. */
function identity(gpu: Gpu, row: GpuRow): Partial<Gpu> {
  const memoryTotalMiB = row.memoryTotalMiB ?? gpu.memoryTotalMiB;
  if (row.uuid !== namelessUuid(row.index)) return { memoryTotalMiB };
  return {
    uuid: gpu.uuid,
    name: gpu.name,
    memoryTotalMiB,
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
    ...(row.trouble === "gpu-needs-reset" ? { needsReset: true } : {}),
    ...(row.display === null ? {} : { display: row.display }),
    ...row.reading,
    ...row.details,
    processes,
  };
}
