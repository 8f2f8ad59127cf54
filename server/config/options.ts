import * as v from "valibot";
import { profileSchema } from "../../shared/profiles/profile.ts";
import { backendSchema, CONFIGURABLE_KINDS } from "./backend-options.ts";
import { httpUrl, list, origin, wholeNumber } from "./checks.ts";
import { GROUP_FLAGS, groupEntries } from "./group-options.ts";
import { handoverEntries } from "./handover-options.ts";
import { alertRulesSchema } from "./health-options.ts";
import { notifySchema } from "./notify-options.ts";

/** A backend's name: the one it was given, else its kind. */
export function backendId({ id, kind }: { id?: string | undefined; kind: string }): string {
  return id ?? kind;
}

const number = v.union([
  v.number(),
  v.pipe(v.string(), v.regex(/^\d+(?:\.\d+)?$/, "a number"), v.transform(Number)),
]);
/** MiB kept free beside running jobs. A share of the card earns nothing (policy: 5 % costs 3 points, no safer). */
const reserveMib = v.pipe(
  number,
  v.integer("MiB as a whole number, such as 512"),
  v.minValue(0),
  v.maxValue(1_000_000),
);

const interval = (leastMs: number) => v.optional(wholeNumber("the interval", leastMs, 60_000), 1000);

/** Everything that can be set. Keys are those of the config file; flags are the same in kebab-case. */
export const optionsSchema = v.strictObject({
  host: v.optional(v.pipe(v.string(), v.minLength(1)), "127.0.0.1"),
  port: v.optional(wholeNumber("the port", 0, 65_535), 7870),
  basePath: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[\w.~/-]*$/, "a path such as /gpu/, of letters, digits, dots, dashes"),
      v.transform((path) => `/${path.split("/").filter(Boolean).join("/")}/`.replace("//", "/")),
    ),
    "/",
  ),
  source: v.optional(
    v.pipe(
      v.string(),
      v.regex(
        /^(?:auto|nvidia-smi|none|demo|demo:[1-9]\d?|replay:.+)$/,
        "auto, nvidia-smi, demo (demo:8 for eight GPUs), replay:FILE or none",
      ),
    ),
    "auto",
  ),
  nvidiaSmi: v.optional(v.pipe(v.string(), v.minLength(1))),
  interval: interval(200),
  gpus: v.optional(list),
  backend: v.optional(v.picklist(["none", ...CONFIGURABLE_KINDS], `none, ${CONFIGURABLE_KINDS.join(", ")}`)),
  backendUrl: v.optional(httpUrl),
  backends: v.optional(
    v.pipe(
      v.array(backendSchema),
      v.maxLength(16),
      v.check((all) => new Set(all.map(backendId)).size === all.length, "two of one kind need an id each"),
    ),
  ),
  /** Whether backends that nobody has set up are looked for on this machine, and offered. */
  findBackends: v.optional(v.boolean(), true),
  /** Milliseconds between two status calls to a backend. */
  backendInterval: v.optional(wholeNumber("backendInterval", 250, 600_000), 5000),
  /** Milliseconds that VRAM may take to begin to fall after a backend has accepted. */
  releasePatience: v.optional(wholeNumber("releasePatience", 500, 600_000), 15_000),
  /** Milliseconds between two writes of history to disk: as much is lost when the machine kills the sidecar. */
  historyInterval: v.optional(wholeNumber("historyInterval", 1000, 60_000), 50_000),
  dataDir: v.optional(v.pipe(v.string(), v.minLength(1))),
  logCsv: v.optional(v.pipe(v.string(), v.minLength(1))),
  logJsonl: v.optional(v.pipe(v.string(), v.minLength(1))),
  /** When a log begins a new file, and how long the old ones are kept. */
  logs: v.optional(
    v.strictObject({
      maxMiB: v.optional(wholeNumber("logs.maxMiB", 1, 100_000), 100),
      keepDays: v.optional(wholeNumber("logs.keepDays", 1, 3650), 30),
    }),
    {},
  ),
  /** How long it is recorded what decisions on room were made from, and how much of it. */
  decisions: v.optional(
    v.strictObject({
      maxMiB: v.optional(wholeNumber("decisions.maxMiB", 1, 100_000), 200),
      keepDays: v.optional(wholeNumber("decisions.keepDays", 1, 3650), 14),
    }),
    {},
  ),
  token: v.optional(v.pipe(v.string(), v.minLength(8, "a token of at least 8 characters"), v.maxLength(256))),
  allowOrigin: v.optional(v.pipe(list, v.array(origin)), []),
  profile: v.optional(v.string()),
  /** VRAM that is never given to jobs. */
  reserve: v.optional(reserveMib, 256),
  ...handoverEntries,
  profiles: v.optional(
    v.array(v.omit(profileSchema, ["basis", "source", "seen", "raised", "uncertaintyMiB"])),
    [],
  ),
  ...groupEntries,
  /** Red lines by rule; `false` turns one off. */
  alerts: v.optional(alertRulesSchema, () => v.parse(alertRulesSchema, {})),
  notify: v.optional(v.pipe(v.array(notifySchema), v.maxLength(16)), []),
  open: v.optional(
    v.union([
      v.boolean(),
      v.pipe(
        v.picklist(["true", "false", "1", "0"]),
        v.transform((text) => text === "true" || text === "1"),
      ),
    ]),
    false,
  ),
});
export type Options = v.InferOutput<typeof optionsSchema>;
/** A test may sample faster than the driver of a real GPU should be asked to. */
export const testOptionsSchema = v.strictObject({ ...optionsSchema.entries, interval: interval(100) });
export type OptionKey = keyof Options;

/** The flags, with what `--help` says of each. */
export const FLAGS = [
  { key: "host", flag: "host", value: "ADDRESS", help: "address to bind (default 127.0.0.1)" },
  { key: "port", flag: "port", value: "N", help: "port (default 7870)" },
  { key: "basePath", flag: "base-path", value: "PATH", help: "path prefix behind a proxy (default /)" },
  {
    key: "source",
    flag: "source",
    value: "KIND",
    help: "auto, nvidia-smi, demo, demo:GPUS, replay:FILE, or none to show other hosts (default auto)",
  },
  { key: "nvidiaSmi", flag: "nvidia-smi", value: "COMMAND", help: "path of nvidia-smi, or a command line" },
  {
    key: "interval",
    flag: "interval",
    value: "MS",
    help: "ms between samples while watched, 200-60000 (default 1000)",
  },
  {
    key: "gpus",
    flag: "gpus",
    value: "LIST",
    help: "indexes or UUIDs to show, comma-separated (default all)",
  },
  { key: "backend", flag: "backend", value: "KIND", help: `none, ${CONFIGURABLE_KINDS.join(", ")}` },
  {
    key: "backendUrl",
    flag: "backend-url",
    value: "URL",
    help: "where it listens (default: its usual port on this machine); with http, its unload hook",
  },
  { key: "token", flag: "token", value: "TOKEN", help: "needed to release; made by itself off loopback" },
  {
    key: "allowOrigin",
    flag: "allow-origin",
    value: "ORIGIN",
    help: "origin that may embed and connect (repeatable)",
  },
  {
    key: "dataDir",
    flag: "data-dir",
    value: "FOLDER",
    help: "where history, jobs, alerts and the audit of releases are kept",
  },
  { key: "logCsv", flag: "log-csv", value: "FILE", help: "write every sample to a CSV file" },
  {
    key: "logJsonl",
    flag: "log-jsonl",
    value: "FILE",
    help: "write samples and events as JSON lines (Elastic Common Schema)",
  },
  { key: "profile", flag: "profile", value: "ID", help: "job profile that the API's capacity is for" },
  {
    key: "reserve",
    flag: "reserve",
    value: "MIB",
    help: "VRAM of each GPU that is kept free beside running jobs (default 256)",
  },
  ...GROUP_FLAGS,
  { key: "open", flag: "open", value: null, help: "open the panel in the browser" },
] as const satisfies readonly { key: OptionKey; flag: string; value: string | null; help: string }[];

/** Environment variable of a flag: `--base-path` → `GPU_PANEL_BASE_PATH`. */
export function variableOf(flag: string): string {
  return `GPU_PANEL_${flag.toUpperCase().replaceAll("-", "_")}`;
}
