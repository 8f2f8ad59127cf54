import { execFileSync } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Plugin } from "vite";

/** Where the compiler puts declarations; the folders below are those of the sources. */
const COMPILED = ".cache/tsc";
/**
 * What a user of the types has: his framework's types, which the lines that need them do without, and Node's. The rest has
 * to be plain TypeScript of ours.
 */
const ALLOWED = /^(?:react|vue|node:[a-z/]+)$/;
const IMPORT = /(\bfrom |\bimport\(|\bimport )"([^"]+)"/g;

/** Writes the types of the package's entries, and of what these import, to `dist/types`. */
export function declarations(entries: readonly string[]): Plugin {
  return {
    name: "declarations",
    apply: "build",
    async closeBundle() {
      execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-b", "client", "server"], {
        stdio: "inherit",
      });
      const types = "dist/types";
      await rm(types, { recursive: true, force: true });
      const waiting = entries.map((entry) => withoutExtension(entry));
      const seen = new Set(waiting);
      for (const name of waiting) {
        const text = await readFile(join(COMPILED, `${name}.d.ts`), "utf8");
        const published = text.replace(IMPORT, (_, before: string, path: string) => {
          if (!path.startsWith(".")) {
            if (!ALLOWED.test(path)) throw new Error(`the types of ${name} need the package ${path}`);
            return `${before}"${path}"`;
          }
          const target = relative("", join(dirname(name), withoutExtension(path)));
          if (!seen.has(target)) waiting.push(target);
          seen.add(target);
          return `${before}"${withoutExtension(path)}.js"`;
        });
        const file = join(types, `${name}.d.ts`);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, published);
      }
    },
  };
}

const withoutExtension = (path: string) => path.replace(/\.tsx?$/, "");
