import type { GpuProcess } from "../../shared/gpu/gpu.ts";
import { parseFigure, parseNumber, parseText } from "./parse-cell.ts";

/** A compute process and the GPU it is on. A process on two GPUs has two rows. */
export interface ProcessRow {
  gpuUuid: string;
  process: GpuProcess;
}

/** Reads one line of the process query (`gpu_uuid, pid, used_gpu_memory, process_name`); `null` when it is no row. */
export function parseProcessRow(line: string): ProcessRow | null {
  const [uuid, pidCell, used, ...name] = line.split(",").map((part) => part.trim());
  const gpuUuid = parseText(uuid);
  const pid = parseNumber(pidCell);
  if (gpuUuid === null || pid === null || !Number.isInteger(pid) || pid < 0) return null;
  return { gpuUuid, process: { pid, name: parseText(name.join(", ")), usedMiB: parseFigure(used) } };
}
