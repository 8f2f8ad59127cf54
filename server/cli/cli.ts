import { readText } from "../lib/read-text.ts";
import { connectTo } from "./connect.ts";
import type { CommandDefinition, Surroundings } from "./define-command.ts";
import { NOT_ASKED, RUN_FAILED, YES } from "./exit-codes.ts";
import type { Command } from "./names.ts";
import { readFlags } from "./read-flags.ts";
import { helpOf } from "./usage.ts";
import { languageOf, wordsIn } from "./words/words.ts";

/** Reads the flags of a command and runs it; the exit code says how it went. */
export async function runCommand(command: Command, args: readonly string[]): Promise<void> {
  // Whoever reads its words may have ended before it.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  process.exitCode = await carryOut(await load(command), args, {
    env: process.env,
    readText,
    print: (text) => void process.stdout.write(`${text}\n`),
    complain: (text) => void process.stderr.write(`gpu-status-panel: ${text}\n`),
  });
}

/** Each with what it alone needs. */
async function load(command: Command): Promise<CommandDefinition> {
  switch (command) {
    case "run":
      return (await import("./run/run.ts")).run;
    case "status":
      return (await import("./status.ts")).status;
    case "fit":
      return (await import("./fit.ts")).fit;
    case "release":
      return (await import("./release.ts")).release;
    case "mcp":
      return (await import("./mcp.ts")).mcp;
    case "doctor":
      return (await import("./doctor/doctor.ts")).doctor;
  }
}

async function carryOut(
  definition: CommandDefinition,
  args: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  const { env, print, complain } = surroundings;
  const read = readFlags(definition, args);
  const language = languageOf(read.values.lang, env);
  const words = wordsIn(language);
  if (read.values.help === true) {
    print(helpOf(definition, words));
    return YES;
  }
  const connected = connectTo(read.values, surroundings);
  const { lang } = read.values;
  const isKnown = lang === undefined || lang === "en" || lang === "zh-CN";
  const errors = [
    ...read.errors,
    ...(isKnown ? [] : [words.wrongLanguage]),
    ...(connected.ok ? [] : connected.errors),
  ];
  const asked = definition.read(read.values, read.rest);
  if (!asked.ok) errors.push(...asked.errors);
  if (errors.length > 0 || !connected.ok || !asked.ok) {
    for (const error of errors) complain(error);
    complain(words.seeHelp(definition.name));
    return definition.name === "run" ? RUN_FAILED : NOT_ASKED;
  }
  const isJson = read.values.json === true;
  return asked.carryOut({ ...surroundings, ...connected, language, words, isJson });
}
