import { readdirSync, readFileSync } from "node:fs";
import type { Column, ColumnKey } from "../../../../server/sampling/query.ts";

const FIXTURES = new URL("../../../fixtures/nvidia-smi/", import.meta.url);

/** Text of a real output. */
export const corpusText = (name: string) => readFileSync(new URL(`corpus/${name}`, FIXTURES), "utf8");
/** Its lines, without the blank ones. */
export const corpusLines = (name: string) => corpusText(name).split(/\r?\n/).filter(Boolean);
/** Names of the outputs that match. */
export const corpusNames = (pattern: RegExp) =>
  readdirSync(new URL("corpus/", FIXTURES)).filter((name) => pattern.test(name));

/** Every branch of which the known fields are recorded, with them. */
export const knownFields: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  readdirSync(new URL("fields/", FIXTURES)).map((name) => [
    name.replace(/^fields-|\.txt$/g, ""),
    new Set(
      readFileSync(new URL(`fields/${name}`, FIXTURES), "utf8")
        .split(/\s+/)
        .filter(Boolean),
    ),
  ]),
);

const KEYS: Readonly<Record<string, ColumnKey>> = {
  index: "index",
  uuid: "uuid",
  name: "name",
  driver_version: "driverVersion",
  "memory.total": "memoryTotal",
  "memory.used": "memoryUsed",
  "memory.reserved": "memoryReserved",
  "memory.free": "memoryFree",
  "utilization.gpu": "utilizationGpu",
  "utilization.memory": "utilizationMemory",
  "temperature.gpu": "temperature",
  "power.draw": "powerDraw",
  "enforced.power.limit": "powerLimit",
  "fan.speed": "fan",
  pstate: "pstate",
  "clocks_event_reasons.active": "throttle",
  "mig.mode.current": "mig",
};

/** The columns of a capture; one that the panel does not ask for stands under a key that nothing reads. */
export function columnsOf(...fields: string[]): Column[] {
  return fields.map((field) => ({ key: KEYS[field] ?? "timestamp", field }));
}

/** The columns that a header line names, units taken off. */
export function columnsOfHeader(header: string): Column[] {
  return columnsOf(...header.split(", ").map((title) => title.replace(/ \[.*\]$/, "")));
}
