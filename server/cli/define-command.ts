import * as v from "valibot";
import { describeIssues } from "../../shared/protocol/requests.ts";
import type { Options } from "../config/options.ts";
import type { Command } from "./names.ts";
import type { PanelClient } from "./panel-client.ts";
import type { CliWords } from "./words/en.ts";
import type { Language } from "./words/words.ts";

/** What a command has around it. */
export interface Surroundings {
  env: NodeJS.ProcessEnv;
  /** The text of a file, `null` where there is none. */
  readText(path: string): string | null;
  /** A line, or several, of the answer. */
  print(text: string): void;
  /** What is said beside the answer. */
  complain(text: string): void;
}

/** What a command works with once its flags are read. */
export interface CommandContext extends Surroundings {
  panel: PanelClient;
  /** The settings with which a sidecar would be started here. */
  options: Options;
  language: Language;
  words: CliWords;
  /** The answer is for programs. */
  isJson: boolean;
}

export interface Flag {
  name: string;
  /** What stands behind it; `null`: nothing. */
  value: string | null;
}

export type FlagValues = Readonly<Record<string, string | boolean | undefined>>;
type Asked =
  | { ok: true; carryOut(context: CommandContext): Promise<number> }
  | { ok: false; errors: readonly string[] };

/** One command: its flags beside those that all have, and what it does. */
export interface CommandDefinition {
  name: Command;
  flags: readonly Flag[];
  /** What it takes behind its flags, as `--help` names it. */
  takes: string;
  /** @param rest what stands behind the flags */
  read(values: FlagValues, rest: readonly string[]): Asked;
}

interface Definition<S extends v.GenericSchema> {
  name: Command;
  flags: readonly Flag[];
  takes?: string;
  /** Of the flags that are its own, by name, and `rest`. */
  schema: S;
  /** Gives the exit code. */
  run(asked: v.InferOutput<S>, context: CommandContext): Promise<number>;
}

export function defineCommand<const S extends v.GenericSchema>(given: Definition<S>): CommandDefinition {
  const { name, flags, takes = "", schema, run } = given;
  return {
    ...{ name, flags, takes },
    read(values, rest) {
      const own = Object.fromEntries(flags.map((flag) => [flag.name, values[flag.name]]));
      const parsed = v.safeParse(schema, { ...own, rest });
      if (!parsed.success) {
        // What stands behind the flags has no name.
        return { ok: false, errors: [describeIssues(parsed.issues).replace(/^rest: /, "")] };
      }
      return { ok: true, carryOut: (context) => run(parsed.output, context) };
    },
  };
}

/** A whole number behind a flag. */
export const wholeText = (least: number, most: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,9}$/, "a whole number"),
    v.transform(Number),
    v.minValue(least),
    v.maxValue(most),
  );
/** Of a command that takes nothing behind its flags. */
export const nothingElse = v.pipe(
  v.array(v.string()),
  v.check((rest) => rest.length === 0, "nothing stands behind the flags"),
);
