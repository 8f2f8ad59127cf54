import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { isoTime } from "./iso-time.ts";

/** First line of every CSV log; scripts rely on its columns. */
export const CSV_HEADER = "Timestamp,GPU_Index,Model,Mem_Used(MiB),Mem_Total(MiB),GPU_Util(%),Temp(C)";

/** One line per GPU, each with its line break; what is not reported is an empty cell. Pure. */
export function csvLines(atMs: number, gpus: readonly Gpu[]): string {
  return gpus.map((gpu) => `${csvLine(atMs, gpu)}\n`).join("");
}

function csvLine(atMs: number, gpu: Gpu): string {
  const { index, name, memoryUsedMiB, memoryTotalMiB, utilizationGpuPct, temperatureC } = gpu;
  const cells = [isoTime(atMs), index, name, memoryUsedMiB, memoryTotalMiB, utilizationGpuPct, temperatureC];
  return cells.map(quote).join(",");
}

/** Quoted as RFC 4180 wants it. A line break within a name would make two lines of one: it becomes a space. */
function quote(cell: string | number | null): string {
  if (cell === null) return "";
  const plain = String(cell).replaceAll(/[\r\n]+/g, " ");
  // A spreadsheet takes what begins like this for a formula; an apostrophe, so that a recording can take it off again.
  const text = typeof cell === "string" && /^['=+\-@\t]/.test(plain) ? `'${plain}` : plain;
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
