import type { ColumnKey } from "../query.ts";

/** Names that logs give a column, in lower case and without the unit: nvidia-smi's, ours, and common short ones. */
const NAMES: Readonly<Record<string, ColumnKey>> = {
  timestamp: "timestamp",
  time: "timestamp",
  index: "index",
  gpu_index: "index",
  "gpu index": "index",
  gpu: "index",
  uuid: "uuid",
  gpu_uuid: "uuid",
  name: "name",
  gpu_name: "name",
  model: "name",
  driver_version: "driverVersion",
  "memory.total": "memoryTotal",
  mem_total: "memoryTotal",
  "memory.used": "memoryUsed",
  mem_used: "memoryUsed",
  "memory.free": "memoryFree",
  mem_free: "memoryFree",
  "memory.reserved": "memoryReserved",
  "utilization.gpu": "utilizationGpu",
  gpu_util: "utilizationGpu",
  "utilization.memory": "utilizationMemory",
  "temperature.gpu": "temperature",
  temp: "temperature",
  "power.draw": "powerDraw",
  "power.draw.instant": "powerDraw",
  "power.limit": "powerLimit",
  "enforced.power.limit": "powerLimit",
  "fan.speed": "fan",
  pstate: "pstate",
  "clocks_event_reasons.active": "throttle",
  "clocks_throttle_reasons.active": "throttle",
  "mig.mode.current": "mig",
};

/** Column of each cell, `null` for those that are not needed. */
export type Header = readonly (ColumnKey | null)[];

/**
 * Reads the first line of a log: which column is what. `null` when it is no header, or one without a time or without
 * any figure. Pure.
 */
export function readHeader(cells: readonly string[]): Header | null {
  const header = cells.map((cell) => {
    // `memory.used [MiB]` of nvidia-smi, `Mem_Used(MiB)` of ours; a spreadsheet may have put a mark before the first.
    const name = cell
      .replace(/^\uFEFF/, "")
      .replace(/\s*[[(].*[\])]\s*$/, "")
      .trim()
      .toLowerCase();
    return NAMES[name] ?? null;
  });
  const has = (key: ColumnKey) => header.includes(key);
  const tells = has("memoryUsed") || has("utilizationGpu") || has("temperature") || has("powerDraw");
  return has("timestamp") && tells ? header : null;
}
