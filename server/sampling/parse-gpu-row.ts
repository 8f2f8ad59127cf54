import { type GpuRow, namelessUuid } from "./gpu-row.ts";
import { parseFigure, parseNumber, parseSwitch, parseText, parseThrottle } from "./parse-cell.ts";
import type { Column, ColumnKey } from "./query.ts";

/** What a line of the GPU query turned out to be. */
export type ParsedLine =
  | { kind: "row"; row: GpuRow }
  /** Blank, or the header of a query that prints one. */
  | { kind: "nothing" }
  /** A row without an index: which GPU it is of cannot be told. */
  | { kind: "lost-row" }
  /** Not a row: an error in words, or rubbish. */
  | { kind: "sentence"; text: string };

/** Reads one line printed by the query for `columns`. Never throws, and never makes a 0 of what is not reported. */
export function parseGpuRow(line: string, columns: readonly Column[]): ParsedLine {
  const text = line.trim();
  if (text === "") return { kind: "nothing" };
  const parts = text.split(",").map((part) => part.trim());
  const first = columns[0]?.field;
  if (first !== undefined && (parts[0] === first || parts[0]?.startsWith(`${first} [`)))
    return { kind: "nothing" };
  if (parts.length < columns.length) return { kind: "sentence", text };
  const cells = new Map<ColumnKey, string>();
  columns.forEach(({ key }, i) => {
    // The last column takes all that is left: names hold commas.
    cells.set(key, i === columns.length - 1 ? parts.slice(i).join(", ") : (parts[i] ?? ""));
  });
  const index = parseNumber(cells.get("index"));
  if (index === null || !Number.isInteger(index) || index < 0) {
    const told = parts.filter((part, i) => parseText(part) !== null && columns[i]?.key !== "timestamp");
    return told.length === 0 ? { kind: "lost-row" } : { kind: "sentence", text };
  }
  return { kind: "row", row: rowOfCells(index, cells) };
}

/** A row from its cells by column; what is missing or not reported is `null`. */
export function rowOfCells(index: number, cells: ReadonlyMap<ColumnKey, string>): GpuRow {
  const used = parseFigure(cells.get("memoryUsed"));
  const total = parseFigure(cells.get("memoryTotal"));
  return {
    index,
    uuid: parseText(cells.get("uuid")) ?? namelessUuid(index),
    name: parseText(cells.get("name")) ?? `GPU ${index}`,
    driverVersion: parseText(cells.get("driverVersion")),
    // A total of 0 is how machines with unified memory say that they do not know.
    memoryTotalMiB: total === 0 ? null : total,
    display: /wddm/i.test(cells.get("driverModel") ?? "") ? true : parseSwitch(cells.get("display")),
    reading: {
      memoryUsedMiB: total === 0 ? null : used,
      memoryFreeMiB: total === 0 ? null : parseFigure(cells.get("memoryFree")),
      utilizationGpuPct: parseFigure(cells.get("utilizationGpu")),
      temperatureC: parseNumber(cells.get("temperature")),
      powerDrawW: parseFigure(cells.get("powerDraw")),
    },
    details: {
      memoryReservedMiB: parseFigure(cells.get("memoryReserved")),
      utilizationMemoryPct: parseFigure(cells.get("utilizationMemory")),
      powerLimitW: parseFigure(cells.get("powerLimit")),
      fanPct: parseFigure(cells.get("fan")),
      pstate: parseText(cells.get("pstate")),
      throttle: parseThrottle(cells.get("throttle")),
      mig: parseSwitch(cells.get("mig")),
    },
  };
}
