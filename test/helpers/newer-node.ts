import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { wallMs } from "../../server/lib/clock.ts";

const VERSION = "24.22.3";
const CACHE = fileURLToPath(new URL("../../.cache", import.meta.url));

/**
 * Path of a Node that has SQLite of its own: `NODE24_PATH`, this one if it is new enough, else that of the npm package
 * which brings one, kept in `.cache`. Or why there is none.
 */
export function newerNode(): { path: string } | { missing: string } {
  const given = [process.env.NODE24_PATH ?? "", process.execPath].find(hasSqlite);
  if (given !== undefined) return { path: given };
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const folder = join(CACHE, `${name}-${VERSION}`);
  const path = join(folder, "node_modules", name, "bin/node");
  if (!existsSync(path)) {
    const install = [
      "install",
      "--no-save",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
      "--fetch-retries=0",
    ];
    process.stdout.write(`Not here yet: ${name}@${VERSION} from npm, for the tests' own use\n`);
    // Made under a name of its own: another test project may be installing at this moment, or break off.
    const made = `${folder}-${process.pid}-${wallMs()}`;
    mkdirSync(made, { recursive: true });
    const done = spawnSync("npm", [...install, "--prefix", made, `${name}@${VERSION}`], {
      encoding: "utf8",
      timeout: 180_000,
    });
    if (done.status === 0 && !existsSync(folder)) renameSync(made, folder);
    rmSync(made, { recursive: true, force: true });
  }
  return hasSqlite(path)
    ? { path }
    : {
        missing: `no Node with SQLite of its own: npm has no ${name}@${VERSION} for this machine, or cannot be reached. NODE24_PATH may name one`,
      };
}

function hasSqlite(path: string): boolean {
  if (path === "") return false;
  try {
    execFileSync(path, ["-e", 'require("node:sqlite")'], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
