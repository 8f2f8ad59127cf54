import { parseGpuRow } from "../../../../server/sampling/parse-gpu-row.ts";
import type { Column } from "../../../../server/sampling/query.ts";

/** The row that a line holds; throws where it holds none. */
export function rowOf(line: string, columns: readonly Column[]) {
  const parsed = parseGpuRow(line, columns);
  if (parsed.kind !== "row") throw new Error(`no row: ${JSON.stringify(parsed)}`);
  return parsed.row;
}
/** Every figure of a row, by name. */
export function figuresOf(row: ReturnType<typeof rowOf>) {
  const { pstate: _, throttle: __, mig: ___, ...details } = row.details;
  return { memoryTotalMiB: row.memoryTotalMiB, ...row.reading, ...details };
}
