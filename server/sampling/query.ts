/** A column of the GPU query: what we call it, and the field names under which drivers know it, newest first. */
interface WantedColumn {
  key: string;
  fields: readonly [string, ...string[]];
}

/**
 * What is asked of each GPU. The name stands last: it may hold commas, and so everything before it can be
 * counted from the left. No ECC, InfoROM or clock field: those make the driver work harder per tick.
 */
const WANTED = [
  { key: "timestamp", fields: ["timestamp"] },
  { key: "index", fields: ["index"] },
  { key: "uuid", fields: ["uuid"] },
  { key: "driverVersion", fields: ["driver_version"] },
  { key: "memoryTotal", fields: ["memory.total"] },
  { key: "memoryUsed", fields: ["memory.used"] },
  { key: "memoryReserved", fields: ["memory.reserved"] },
  { key: "memoryFree", fields: ["memory.free"] },
  { key: "utilizationGpu", fields: ["utilization.gpu"] },
  { key: "utilizationMemory", fields: ["utilization.memory"] },
  { key: "temperature", fields: ["temperature.gpu"] },
  { key: "powerDraw", fields: ["power.draw"] },
  { key: "powerLimit", fields: ["enforced.power.limit", "power.limit"] },
  { key: "fan", fields: ["fan.speed"] },
  { key: "pstate", fields: ["pstate"] },
  { key: "throttle", fields: ["clocks_event_reasons.active", "clocks_throttle_reasons.active"] },
  { key: "display", fields: ["display_active"] },
  { key: "driverModel", fields: ["driver_model.current"] },
  { key: "mig", fields: ["mig.mode.current"] },
  { key: "name", fields: ["name"] },
] as const satisfies readonly WantedColumn[];

export type ColumnKey = (typeof WANTED)[number]["key"];
/** One column as it is asked for on this machine. */
export interface Column {
  key: ColumnKey;
  field: string;
}

/** Field names in the output of `--help-query-gpu`: every quoted name at the start of a line, with its aliases. */
export function parseKnownFields(help: string): Set<string> {
  const known = new Set<string>();
  for (const line of help.split(/\r?\n/)) {
    if (!line.startsWith('"')) continue;
    for (const match of line.matchAll(/"([a-z][\w.]*)"/gi)) if (match[1]) known.add(match[1]);
  }
  return known;
}

/**
 * The columns to ask for: those this driver knows. With `known` empty (the help could not be read) all are
 * asked for under their newest name, and {@link dropField} removes what the driver refuses.
 */
export function chooseColumns(known: ReadonlySet<string>): Column[] {
  return WANTED.flatMap(({ key, fields }): Column[] => {
    if (known.size === 0) return [{ key, field: fields[0] }];
    const field = fields.find((name) => known.has(name));
    return field === undefined ? [] : [{ key, field }];
  });
}

/** After a refusal of `field`: the same columns with its older name, or without it. */
export function dropField(columns: readonly Column[], field: string): Column[] {
  return columns.flatMap((column): Column[] => {
    if (column.field !== field) return [column];
    const names: readonly string[] = WANTED.find(({ key }) => key === column.key)?.fields ?? [];
    const older = names[names.indexOf(field) + 1];
    return older === undefined ? [] : [{ key: column.key, field: older }];
  });
}

/** The field named in nvidia-smi's refusal, or `null` when the sentence is another one. */
export function refusedField(sentence: string): string | null {
  return /Field "([^"]+)" is not a valid field to query/i.exec(sentence)?.[1] ?? null;
}

/** Arguments of the one long-lived query. */
export function gpuLoopArguments(columns: readonly Column[], intervalMs: number): string[] {
  const fields = columns.map(({ field }) => field).join(",");
  return [`--query-gpu=${fields}`, "--format=csv,noheader,nounits", "-lms", String(intervalMs)];
}

export const KNOWN_FIELDS_ARGUMENTS = ["--help-query-gpu"];

/** Arguments of the slower query for processes; the name stands last for the same reason as above. */
export const PROCESS_ARGUMENTS = [
  "--query-compute-apps=gpu_uuid,pid,used_gpu_memory,process_name",
  "--format=csv,noheader,nounits",
];
