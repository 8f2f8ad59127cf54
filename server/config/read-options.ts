import { parseArgs } from "node:util";
import * as v from "valibot";
import { reasonOf } from "../lib/reason-of.ts";
import { BUILT_IN_PROFILES } from "../profiles/built-in-profiles.ts";
import { isBlockedPort } from "./blocked-ports.ts";
import { groupContradictions } from "./group-options.ts";
import { FLAGS, type Options, optionsSchema, variableOf } from "./options.ts";

/** The options, or every reason why they cannot be taken. */
export type OptionsResult =
  | { kind: "options"; options: Options; warnings: string[] /** Ask the panel that runs. */; check: boolean }
  | { kind: "help" }
  | { kind: "version" }
  | { kind: "errors"; errors: string[] };

/** Settings that are secrets or may hold one. */
const SECRET_KEYS = ["token", "backends", "notify", "redisUrl", "groupSecret", "peers"];

export const DEFAULT_CONFIG_FILE = "gpu-panel.config.json";

/**
 * Options from flags, environment and config file; flags beat environment beat file.
 * @param readFile the text of a file, or `null` when there is none; throws where there is one that cannot be read
 * @param schema tests may ask for more than users
 */
export function readOptions(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  readFile: (path: string) => string | null,
  schema: typeof optionsSchema = optionsSchema,
): OptionsResult {
  const flags = readFlags(args);
  if (flags.kind !== "values") return flags;
  const named = flags.values.config ?? (env.GPU_PANEL_CONFIG || undefined);
  const path = typeof named === "string" ? named : DEFAULT_CONFIG_FILE;
  const file = readConfigFile(path, readFile, named !== undefined);
  if (file.kind === "errors") return file;

  const merged: Record<string, unknown> = { ...file.values };
  const origins = new Map<string, string>(Object.keys(file.values).map((key) => [key, `${key} in ${path}`]));
  for (const { key, flag } of FLAGS) {
    const variable = variableOf(flag);
    const fromEnv = env[variable];
    if (fromEnv !== undefined && fromEnv !== "") {
      merged[key] = fromEnv;
      origins.set(key, variable);
    }
    const fromFlag = flags.values[flag];
    if (fromFlag !== undefined) {
      merged[key] = fromFlag;
      origins.set(key, `--${flag}`);
    }
  }
  // A backend named by flag or variable stands in place of the file's, which would else win in silence.
  const fromFile = (key: string) => origins.get(key) === `${key} in ${path}`;
  if ([...origins.keys()].some((key) => key.startsWith("backend") && !fromFile(key))) delete merged.backends;
  const placeOf = (key: string) => origins.get(key) ?? `${key} in ${path}`;
  const parsed = v.safeParse(schema, merged);
  if (!parsed.success) {
    const errors = parsed.issues.map((issue) => {
      const [key = "", ...rest] = (v.getDotPath(issue) ?? "").split(".");
      const place = [placeOf(key), ...rest].join(" › ");
      // What stands there may be a secret, or an address that carries one.
      const got =
        issue.received === "undefined" || SECRET_KEYS.includes(key) ? "" : `, not ${issue.received}`;
      return issue.expected === "never"
        ? `${place}: there is no such setting`
        : `${place}: ${issue.message.startsWith("Invalid") ? `expected ${issue.expected}${got}` : `${issue.message}${got}`}`;
    });
    return { kind: "errors", errors };
  }
  const errors = contradictions(parsed.output, placeOf);
  return errors.length > 0
    ? { kind: "errors", errors }
    : {
        kind: "options",
        options: parsed.output,
        check: flags.values.check === true,
        warnings: [...file.warnings, ...portWarnings(parsed.output, placeOf)],
      };
}

/** Scripts and proxies may still find the panel there, so it starts. */
function portWarnings({ port }: Options, placeOf: (key: string) => string): string[] {
  return isBlockedPort(port)
    ? [`${placeOf("port")}: browsers refuse to open port ${port}; take another, such as --port 7870.`]
    : [];
}

/** What is right by itself and wrong together. */
export function contradictions(options: Options, placeOf: (key: string) => string): string[] {
  const { backend, backendUrl, backends, profile, profiles } = options;
  const errors: string[] = [];
  if (backend === "http" && backendUrl === undefined) {
    errors.push(`${placeOf("backend")}: http needs --backend-url, the address of the backend's unload hook`);
  }
  if ((backend ?? "none") === "none" && backendUrl !== undefined) {
    errors.push(`${placeOf("backendUrl")}: there is an address but no backend: add --backend and its kind`);
  }
  if (backend !== undefined && backends !== undefined) {
    errors.push(`${placeOf("backend")}: the file has both backend and backends: keep one of them`);
  }
  errors.push(...groupContradictions(options, placeOf));
  const ids = [...profiles, ...BUILT_IN_PROFILES].map(({ id }) => id);
  if (profile !== undefined && !ids.includes(profile)) {
    errors.push(`${placeOf("profile")}: there is no profile ${profile}; there are: ${ids.join(", ")}`);
  }
  const { home, idleReleaseMinutes } = options;
  if (home !== undefined && home in idleReleaseMinutes) {
    const what = `${placeOf("idleReleaseMinutes")}: ${home} would come and go, since it is home`;
    errors.push(`${what}: take it out of one of them`);
  }
  return errors;
}

type Flags =
  | { kind: "values"; values: Readonly<Record<string, string | boolean | string[] | undefined>> }
  | { kind: "help" }
  | { kind: "version" }
  | { kind: "errors"; errors: string[] };

function readFlags(args: readonly string[]): Flags {
  const specs: Record<string, { type: "string" | "boolean"; multiple?: boolean; short?: string }> = {
    help: { type: "boolean", short: "h" },
    version: { type: "boolean", short: "v" },
    config: { type: "string" },
    check: { type: "boolean" },
  };
  for (const { key, flag, value } of FLAGS) {
    specs[flag] = { type: value === null ? "boolean" : "string", multiple: key === "allowOrigin" };
  }
  try {
    const { values } = parseArgs({ args: [...args], options: specs, strict: true, allowPositionals: false });
    if (values.help === true) return { kind: "help" };
    if (values.version === true) return { kind: "version" };
    const plain: Record<string, string | boolean | string[] | undefined> = {};
    for (const [name, value] of Object.entries(values)) {
      plain[name] = Array.isArray(value) ? value.map(String) : value;
    }
    return { kind: "values", values: plain };
  } catch (error) {
    return { kind: "errors", errors: [error instanceof Error ? error.message : String(error)] };
  }
}

/** `v.record` alone takes an array for an object. */
const configFileSchema = v.pipe(
  v.unknown(),
  v.check((value) => !Array.isArray(value)),
  v.record(v.string(), v.unknown()),
);

type ConfigFile =
  | { kind: "values"; values: Record<string, unknown>; warnings: string[] }
  | { kind: "errors"; errors: string[] };

function readConfigFile(path: string, readFile: (path: string) => string | null, asked: boolean): ConfigFile {
  let text: string | null;
  try {
    text = readFile(path);
  } catch (error) {
    const why = `${path}: cannot be read (${reasonOf(error)})`;
    if (asked) return { kind: "errors", errors: [why] };
    // Nobody asked for it: what lies there under the name may be something else.
    return { kind: "values", values: {}, warnings: [`${why}; passed over.`] };
  }
  if (text === null) {
    if (asked) return { kind: "errors", errors: [`${path}: no such file`] };
    return { kind: "values", values: {}, warnings: [] };
  }
  try {
    // Windows' editors put a byte order mark before the text.
    const parsed = v.safeParse(configFileSchema, JSON.parse(text.replace(/^\uFEFF/, "")));
    return parsed.success
      ? { kind: "values", values: parsed.output, warnings: [] }
      : { kind: "errors", errors: [`${path}: must hold one JSON object`] };
  } catch (error) {
    return { kind: "errors", errors: [`${path}: ${error instanceof Error ? error.message : "not JSON"}`] };
  }
}
