import { parseArgs } from "node:util";
import type { CommandDefinition, Flag, FlagValues } from "./define-command.ts";

/** The flags that every command takes. `url` and these settings say which panel is asked, and with which token. */
export const COMMON_FLAGS: readonly Flag[] = [
  { name: "url", value: "URL" },
  { name: "host", value: "ADDRESS" },
  { name: "port", value: "N" },
  { name: "base-path", value: "PATH" },
  { name: "token", value: "TOKEN" },
  { name: "config", value: "FILE" },
  { name: "lang", value: "en|zh-CN" },
  { name: "json", value: null },
  { name: "help", value: null },
];

interface Read {
  values: FlagValues;
  /** What stands behind the flags. */
  rest: readonly string[];
  errors: readonly string[];
}

/** The flags of a command, as they stand there. Pure. */
export function readFlags({ flags }: Pick<CommandDefinition, "flags">, args: readonly string[]): Read {
  const options = Object.fromEntries(
    [...COMMON_FLAGS, ...flags].map(({ name, value }) => [
      name,
      { type: value === null ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...options, help: { type: "boolean", short: "h" } },
      strict: true,
      allowPositionals: true,
    });
    return { values: { ...values }, rest: positionals, errors: [] };
  } catch (error) {
    return { values: {}, rest: [], errors: [error instanceof Error ? error.message : String(error)] };
  }
}
