import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";

/** Beside the packs: the files of each that were written here. */
const WRITTEN = ".written.json";

/** What the owner's git and `comfy node pack` leave in a pack. */
const OWNERS = new Set([".git", ".ruff_cache", "node.zip"]);

/** Files below a folder, but for those, and what Python leaves behind. */
const filesIn = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((one) => !one.isDirectory())
        .map((one) => join(one.parentPath, one.name).slice(folder.length + 1))
        .filter((path) => !OWNERS.has(path.split(sep)[0]) && !path.endsWith(".pyc"))
    : [];

/**
 * Runs `write` with the folder of a pack emptied of what an earlier run has written; the owner's `.git` in it stays.
 * @throws where it holds a file that no run has written: nothing is removed then
 */
export function replacePack(folder, name, write) {
  const list = join(folder, WRITTEN);
  const written = existsSync(list) ? JSON.parse(readFileSync(list, "utf8")) : {};
  const to = join(folder, name);
  const mine = new Set(written[name]);
  const strange = filesIn(to).find((path) => !mine.has(path));
  if (strange !== undefined)
    throw new Error(
      `${to} holds ${strange}, which was not written by this script: move the folder away, or name another one (npm run packs -- FOLDER)`,
    );
  for (const path of mine) rmSync(join(to, path), { force: true });
  mkdirSync(to, { recursive: true });
  write(to);
  writeFileSync(list, `${JSON.stringify({ ...written, [name]: filesIn(to).sort() }, null, 2)}\n`);
}
