import { existsSync, rmSync } from "node:fs";
import { pid } from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of the file that `sidecar-parts.ts` was built into. */
    sidecarParts: string;
  }
}

const ENTRY = fileURLToPath(new URL("./sidecar-parts.ts", import.meta.url));
// Below the root, where SQLite's binary is found.
const FOLDER = fileURLToPath(new URL("../../.cache/sidecar-parts", import.meta.url));

/** One file in place of three hundred that each of the run's processes would have to read. */
export default async function setup({ provide }: TestProject) {
  // The projects of one run share it; another run may go on beside this one, of a mutant even.
  const file = `${pid}-${Math.round(performance.timeOrigin)}.js`;
  if (!existsSync(`${FOLDER}/${file}`)) await buildParts(file);
  provide("sidecarParts", pathToFileURL(`${FOLDER}/${file}`).href);
  return () => rmSync(`${FOLDER}/${file}`, { force: true });
}

async function buildParts(file: string) {
  await build({
    configFile: false,
    logLevel: "warn",
    define: { __VERSION__: '"test"' },
    publicDir: false,
    build: {
      ssr: true,
      outDir: FOLDER,
      emptyOutDir: false,
      target: "node20",
      minify: false,
      rolldownOptions: {
        input: ENTRY,
        output: { entryFileNames: file, codeSplitting: false },
      },
    },
    ssr: { noExternal: true, external: ["libsql"] },
  });
}
