import { type GpuRow, namelessUuid } from "./gpu-row.ts";
import {
  parseNumber,
  parseSwitch,
  parseText,
  parseThrottle,
  parseTrouble,
  parseWithin,
} from "./parse-cell.ts";
import type { Column, ColumnKey } from "./query.ts";
import { parseStamp } from "./row-age.ts";

/** What a line of the GPU query turned out to be. */
export type ParsedLine =
  /** `stampMs`: when it was measured, by the driver's clock in a time zone that it does not tell. */
  | { kind: "row"; row: GpuRow; stampMs: number | null }
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
  return { kind: "row", row: rowOfCells(index, cells), stampMs: parseStamp(cells.get("timestamp")) };
}

/** Beyond any GPU there is: 16 TiB of memory, 10 kW, twice the boiling point. */
const MOST_MIB = 16 * 1024 * 1024;
const MOST_W = 10_000;
const MOST_FAN_PCT = 200;
const LONGEST_NAME = 100;
const [LEAST_C, MOST_C] = [-60, 200];

/** A row from its cells by column; what is missing, not reported or not possible is `null`. */
export function rowOfCells(index: number, cells: ReadonlyMap<ColumnKey, string>): GpuRow {
  let implausible = 0;
  const within = (key: ColumnKey, least: number, most: number) => {
    const value = parseWithin(cells.get(key), least, most);
    // A negative figure is a driver's way of saying that it does not know.
    if (value === null && (parseNumber(cells.get(key)) ?? 0) > most) implausible++;
    return value;
  };
  const mib = (key: ColumnKey) => within(key, 0, MOST_MIB);
  const percent = (key: ColumnKey) => within(key, 0, 100);
  // A total of 0 is how machines with unified memory say that they do not know.
  const total = mib("memoryTotal") || null;
  const saysNone = parseNumber(cells.get("memoryTotal")) === 0;
  const most = total ?? MOST_MIB;
  const trouble = parseTrouble(cells.values());
  const used = within("memoryUsed", 0, most);
  const reserved = within("memoryReserved", 0, most);
  const free = within("memoryFree", 0, most);
  return {
    index,
    uuid: parseText(cells.get("uuid")) ?? namelessUuid(index),
    name: parseText(cells.get("name"))?.slice(0, LONGEST_NAME) ?? `GPU ${index}`,
    driverVersion: parseText(cells.get("driverVersion")),
    memoryTotalMiB: total,
    display: /wddm/i.test(cells.get("driverModel") ?? "") ? true : parseSwitch(cells.get("display")),
    reading: {
      memoryUsedMiB: saysNone ? null : used,
      memoryFreeMiB: saysNone ? null : (free ?? restOf(total, used, reserved)),
      utilizationGpuPct: percent("utilizationGpu"),
      temperatureC: within("temperature", LEAST_C, MOST_C),
      powerDrawW: within("powerDraw", 0, MOST_W),
    },
    details: {
      memoryReservedMiB: reserved,
      utilizationMemoryPct: percent("utilizationMemory"),
      powerLimitW: within("powerLimit", 0, MOST_W),
      // Some fans turn faster than what their table calls all.
      fanPct: within("fan", 0, MOST_FAN_PCT),
      pstate: parseText(cells.get("pstate")),
      throttle: parseThrottle(cells.get("throttle")),
      mig: parseSwitch(cells.get("mig")),
    },
    ...(trouble === undefined ? {} : { trouble }),
    ...(implausible === 0 ? {} : { implausible }),
  };
}

/** Where the driver does not tell what is free: on all drivers used + reserved + free = total. */
function restOf(total: number | null, used: number | null, reserved: number | null): number | null {
  return total === null || used === null ? null : Math.max(0, total - used - (reserved ?? 0));
}
