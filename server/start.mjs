#!/usr/bin/env node
// `npm start`: builds what is missing or older than its sources, then becomes the sidecar.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFile = join(root, "dist/sources.sha256");

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

function builtHash() {
  try {
    return readFileSync(stampFile, "utf8");
  } catch {
    return null;
  }
}

const wanted = sourcesHash();
if (builtHash() !== wanted) {
  process.stdout.write("Building the panel, once …\n");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const built = spawnSync(npm, ["run", "--silent", "build:sidecar"], {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (built.status !== 0) {
    process.stderr.write("The build failed. Did `npm ci` run without errors?\n");
    process.exit(built.status ?? 1);
  }
  mkdirSync(join(root, "dist"), { recursive: true });
  writeFileSync(stampFile, wanted);
}
await import("../dist/server/main.js");
