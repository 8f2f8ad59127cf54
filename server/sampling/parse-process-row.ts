import type { GpuProcess } from "../../shared/gpu/gpu.ts";
import { parseFigure, parseNumber, parseText } from "./parse-cell.ts";

/** A compute process and the GPU it is on. A process on two GPUs has two rows. */
export interface ProcessRow {
  gpuUuid: string;
  process: GpuProcess;
  /** The whole text where a blank may be the path's own or lie before arguments; it may hold secrets. */
  unclear: string | null;
}

/** Reads one line of the process query (`gpu_uuid, pid, used_gpu_memory, process_name`); `null` when it is no row. */
export function parseProcessRow(line: string): ProcessRow | null {
  // The name takes all that is left, commas and all.
  const [, uuid, pidCell, used, name] = /^([^,]*),([^,]*),([^,]*),(.*)$/.exec(line) ?? [];
  const gpuUuid = parseText(uuid);
  const pid = parseNumber(pidCell);
  if (gpuUuid === null || pid === null || !Number.isInteger(pid) || pid < 0) return null;
  const told = parseText(name);
  const unclear = told !== null && /^\/.*\s/.test(told) ? told : null;
  return { gpuUuid, process: { pid, name: programOf(told), usedMiB: parseFigure(used) }, unclear };
}

const LONGEST_NAME = 260;

/**
 * The program without its arguments: some drivers tell the whole command line, which may hold secrets. In a path of
 * Windows a blank ends nothing. Pure.
 */
export function programOf(name: string | null): string | null {
  if (name === null) return null;
  const windows = /^"?([a-z]:\\.*?\.exe)\b/i.exec(name)?.[1];
  const quoted = /^"([^"]+)"/.exec(name)?.[1];
  const program = windows ?? quoted ?? (/^[a-z]:\\/i.test(name) ? name : name.split(/\s/)[0]);
  return (program ?? name).slice(0, LONGEST_NAME);
}
