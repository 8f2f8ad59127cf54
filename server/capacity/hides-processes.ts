import type { Gpu } from "../../shared/gpu/gpu.ts";

/** More than a desktop takes, less than any video model. */
const UNEXPLAINED_MIB = 2048;

/** True where the listed processes hold clearly less than is in use: a container of its own, WSL, Windows. */
export function hidesProcesses({ processes, memoryUsedMiB }: Gpu): boolean {
  if (processes === null) return true;
  const listed = processes.reduce((sum, { usedMiB }) => sum + (usedMiB ?? 0), 0);
  return memoryUsedMiB !== null && memoryUsedMiB - listed > UNEXPLAINED_MIB;
}
