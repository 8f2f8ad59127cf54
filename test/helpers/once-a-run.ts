import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";
import { waitUntil } from "./wait-until.ts";

/** Long enough for npm to fetch something. */
const PATIENCE_MS = 230_000;

/**
 * Makes something that all test files of a run share; whoever comes second waits for the first.
 * @param make fills a folder that is there and returns the text that all of them get
 */
export async function onceARun(name: string, make: (folder: string) => Promise<string>): Promise<string> {
  const folder = join(inject("runFolder"), name);
  const made = `${folder}.made`;
  const failed = `${folder}.failed`;
  if (!begin(folder)) {
    await waitUntil(() => existsSync(made) || existsSync(failed), {
      what: `${name}, which another test file makes`,
      timeoutMs: PATIENCE_MS,
      everyMs: 50,
    });
    if (existsSync(failed)) throw new Error(readFileSync(failed, "utf8"));
    return readFileSync(made, "utf8");
  }
  try {
    const text = await make(folder);
    announce(made, text);
    return text;
  } catch (error) {
    announce(failed, `${name}: ${error instanceof Error ? error.message : error}`);
    throw error;
  }
}

/** False when another worker has begun; only one can make the folder. */
function begin(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** A reader must never see half of it. */
function announce(file: string, text: string) {
  writeFileSync(`${file}.tmp`, text);
  renameSync(`${file}.tmp`, file);
}
