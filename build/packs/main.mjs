// `npm run packs`: the folders that managers of hosts clone, each whole by itself, written to `packs/` or the folder that is
// named; what an earlier run has written is replaced, and nothing else. The sidecar is not in them: it comes with the wheel
// that they require.
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { a1111Files } from "./a1111.mjs";
import { comfyProject } from "./comfyui.mjs";
import { replacePack } from "./replace.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LEFT_OUT = /(?:__pycache__|\.pyc)$/;
/** The folder of `integrations/` each is made of, and what its host's manager wants beside it. */
const PACKS = { comfyui: comfyProject, a1111: a1111Files, pinokio: () => ({}) };

function write(name, filesOf, to) {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  cpSync(join(ROOT, "integrations", name), to, {
    recursive: true,
    dereference: true,
    filter: (path) => !LEFT_OUT.test(path),
  });
  cpSync(join(ROOT, "LICENSE"), join(to, "LICENSE"));
  for (const file of readdirSync(to).filter((one) => one.endsWith(".md"))) {
    // What lies in this project lies not in the pack.
    const text = readFileSync(join(to, file), "utf8");
    const alone = text
      .replace(/!\[[^\]]*\]\(\.\.[^)]*\)\n\n/g, "")
      .replace(/\[([^\]]+)\]\(\.\.[^)]*\)/g, "$1");
    writeFileSync(join(to, file), alone);
  }
  for (const [file, text] of Object.entries(filesOf(manifest))) writeFileSync(join(to, file), text);
  process.stdout.write(`${to}\n`);
}

const folder = resolve(process.argv[2] ?? join(ROOT, "packs"));
try {
  for (const [name, filesOf] of Object.entries(PACKS))
    replacePack(folder, name, (to) => write(name, filesOf, to));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
