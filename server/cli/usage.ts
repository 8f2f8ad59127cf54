import type { CommandDefinition, Flag } from "./define-command.ts";
import { COMMON_FLAGS } from "./read-flags.ts";
import type { CliWords } from "./words/en.ts";

/** Text of `gpu-status-panel COMMAND --help`. */
export function helpOf({ name, flags, takes }: CommandDefinition, { help }: CliWords): string {
  const says: Readonly<Record<string, string>> = help.flags;
  const left = ({ name: flag, value }: Flag) => `--${flag}${value === null ? "" : ` ${value}`}`;
  const width = Math.max(...[...flags, ...COMMON_FLAGS].map((flag) => left(flag).length));
  const row = (flag: Flag) => `  ${left(flag).padEnd(width)}  ${says[flag.name] ?? ""}`;
  return [
    help.summary[name],
    "",
    `${help.usage}: gpu-status-panel ${name} [flags]${takes === "" ? "" : ` ${takes}`}`,
    ...(flags.length === 0 ? [] : ["", `${help.own}:`, ...flags.map(row)]),
    ...["", `${help.common}:`, ...COMMON_FLAGS.map(row)],
    ...["", `${help.exit}: ${help.exits[name]}`],
  ].join("\n");
}
