import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import { wordsOf } from "../../../shared/problems/problem.ts";
import { dataFolder } from "../../config/data-folder.ts";
import { reasonOf } from "../../lib/reason-of.ts";
import { engine } from "../../lib/sqlite/engine.ts";
import { chooseSource } from "../../sampling/choose-source.ts";
import { diagnoseEnding } from "../../sampling/diagnose.ts";
import { PROCESS_ARGUMENTS } from "../../sampling/query.ts";
import { runOnce } from "../../sampling/run-once.ts";
import type { CommandContext } from "../define-command.ts";
import { problemsIn } from "../words/words.ts";
import { type Check, fine, lookAt, wrong } from "./check.ts";

const LEAST_NODE = [20, 19] as const;
const PATIENCE_MS = 15_000;
/** Without a program this much may be in use: driver and display. */
const UNEXPLAINED_MIB = 1536;

export function checkNode({ words }: CommandContext): Check {
  const { node } = process.versions;
  const [major = 0, minor = 0] = node.split(".").map(Number);
  const isNewEnough = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  const say = words.doctor;
  return isNewEnough ? fine("node", say.node(node)) : wrong("node", say.oldNode(node), say.getNode);
}

export function checkSqlite({ words: { doctor } }: CommandContext): Check {
  return engine === null
    ? lookAt("sqlite", doctor.noSqlite, doctor.getSqlite)
    : fine("sqlite", doctor.sqlite);
}

export function checkFolder({ options, env, words: { doctor } }: CommandContext): Check {
  const folder = options.dataDir ?? dataFolder(env);
  let there = folder;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
    return fine("data-folder", doctor.folder(folder));
  } catch (error) {
    return wrong("data-folder", doctor.badFolder(folder, reasonOf(error)), doctor.getFolder);
  }
}

/** The driver, by one call of nvidia-smi, and whether it names processes. */
export async function checkDriver(context: CommandContext): Promise<Check[]> {
  const { options, env, language, words } = context;
  const say = words.doctor;
  const choice = chooseSource(options, env);
  if (choice.kind === "demo")
    return choice.reason === "asked-for" ? [] : [wrong("driver", say.noNvidiaSmi, say.getNvidiaSmi)];
  if (choice.kind !== "nvidia-smi") return [];
  const ask = (args: readonly string[]) =>
    runOnce(choice.command, args, env, new AbortController().signal, PATIENCE_MS);
  const told = await ask([
    "--query-gpu=index,driver_version,memory.total,memory.used,name",
    "--format=csv,noheader,nounits",
  ]);
  if (!told.ok) {
    const { message, advice } = wordsOf(diagnoseEnding(told.ending), problemsIn(language));
    return [wrong("driver", message, advice)];
  }
  const gpus = told.output.split(/\r?\n/).flatMap((line) => {
    const [index, driver, total, used, ...name] = line.split(",").map((cell) => cell.trim());
    if (index === undefined || driver === undefined || name.length === 0) return [];
    return [{ index, driver, total, usedMiB: Number(used), name: name.join(", ") }];
  });
  const [first] = gpus;
  if (first === undefined) return [wrong("driver", say.silent, say.getNvidiaSmi)];
  const named = gpus.map(({ index, name, total }) => `${index} ${name} (${total} MiB)`);
  return [
    fine("driver", say.driver(first.driver, named)),
    ...(await checkLists(gpus, await ask(PROCESS_ARGUMENTS), context)),
  ];
}

function checkLists(
  gpus: readonly { usedMiB: number }[],
  lists: Awaited<ReturnType<typeof runOnce>>,
  { words: { doctor } }: CommandContext,
): Check[] {
  if (lists.ok && lists.output.trim() !== "") return [fine("processes", doctor.lists)];
  const isUsed = gpus.some(({ usedMiB }) => usedMiB > UNEXPLAINED_MIB);
  return isUsed ? [lookAt("processes", doctor.noLists, doctor.getLists)] : [];
}
