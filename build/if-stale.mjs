// Builds what is missing or older than its sources: `node build/if-stale.mjs build` runs `npm run build` then, and
// `node build/if-stale.mjs built` notes that the whole has just been built.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { oneAtATime } from "./one-at-a-time.mjs";
import { writeSingleFile } from "./python/single-file.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A hash over everything the build reads, so that a pull or an edit is never served stale. */
function sourcesHash() {
  const hash = createHash("sha256");
  const files = ["package.json", "package-lock.json", "vite.config.ts"];
  for (const folder of ["build", "shared", "server", "client"]) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) files.push(join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1));
    }
  }
  for (const file of files.sort())
    hash
      .update(file)
      .update("\0")
      .update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

const stampOf = (name) => join(root, "dist", `${name.replace(":", "-")}.sha256`);

/**
 * Runs an npm script unless it has built these very sources; exits when it fails.
 * @param {"build" | "build:sidecar"} script
 */
export function buildIfStale(script) {
  writeSingleFile();
  const wanted = sourcesHash();
  // The whole build makes the sidecar too.
  const stamps = script === "build" ? ["build"] : ["build", script];
  const isBuilt = () => stamps.some((name) => read(stampOf(name)) === wanted);
  if (isBuilt()) return;
  // Two that start at the same time would empty each other's folder; the second finds all built.
  oneAtATime(
    join(root, ".cache", "building"),
    () => isBuilt() || build(script, wanted),
    () => process.stdout.write("Another start builds the panel; waiting for it …\n"),
  );
}

function build(script, wanted) {
  process.stdout.write("Building the panel, once …\n");
  // A build that is broken off leaves files that no stamp vouches for.
  for (const name of ["build", "build:sidecar"]) rmSync(stampOf(name), { force: true });
  const built = spawnSync(process.platform === "win32" ? "npm.cmd" : "npm", ["run", "--silent", script], {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (built.status !== 0) {
    process.stderr.write("The build failed. Did `npm ci` run without errors?\n");
    process.exit(built.status ?? 1);
  }
  mkdirSync(join(root, "dist"), { recursive: true });
  writeFileSync(stampOf(script), wanted);
}

/** Else `npm start` after `npm run build` would build once more, and several that start together break each other's. */
function noteBuilt() {
  writeFileSync(join(root, "dist", "build.sha256"), sourcesHash());
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  if (argv[2] === "built") noteBuilt();
  else buildIfStale(argv[2] === "build" ? "build" : "build:sidecar");
}
