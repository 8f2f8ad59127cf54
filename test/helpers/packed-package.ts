import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inject } from "vitest";
import { onceARun } from "./once-a-run.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The package as users get it, packed once a run. */
export interface PackedPackage {
  tarball: string;
  /** A folder in which the package alone is installed, shared by all test files: nobody writes into it. */
  installed(): Promise<string>;
  /**
   * Makes a folder of the caller's own in which the package is installed beside this major version of React, the types
   * of both and of Node 20. What is installed is shared by all test files: nobody writes into `node_modules`.
   */
  withReact(major: number): Promise<string>;
  /** The same beside Vue 3. */
  withVue(): Promise<string>;
  /** An empty folder that goes with the run. */
  emptyFolder(): string;
  /** The sidecar's program in such a folder, as `npx gpu-status-panel` finds it. */
  program(installed: string): string;
}

/** Packs what `npm run build` has built. */
export async function packPackage(): Promise<PackedPackage> {
  const tarball = await onceARun("packed", async (folder) => {
    // Its scripts would build anew, under the feet of other tests.
    await npm(["pack", "--ignore-scripts", "--pack-destination", folder], ROOT);
    const name = readdirSync(folder).find((file) => file.endsWith(".tgz"));
    if (name === undefined) throw new Error("npm pack made no tarball");
    return join(folder, name);
  });
  const emptyFolder = () => mkdtempSync(join(inject("runFolder"), "app-"));
  const begin = (folder: string) =>
    writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  async function installIn(folder: string, others: readonly string[] = []): Promise<string> {
    begin(folder);
    await npm(["install", "--prefer-offline", "--no-audit", "--no-fund", tarball, ...others], folder);
    return folder;
  }
  async function beside(name: string, others: readonly string[]): Promise<string> {
    const shared = await onceARun(name, (folder) => installIn(folder, others));
    const own = emptyFolder();
    begin(own);
    symlinkSync(join(shared, "node_modules"), join(own, "node_modules"));
    return own;
  }
  return {
    tarball,
    installed: () => onceARun("installed", installIn),
    withReact(major) {
      const react = ["react", "react-dom", "@types/react", "@types/react-dom"].map(
        (name) => `${name}@${major}`,
      );
      return beside(`react-${major}`, [...react, "@types/node@20"]);
    },
    withVue: () => beside("vue", ["vue@3"]),
    emptyFolder,
    program: (installed) => join(installed, "node_modules/.bin/gpu-status-panel"),
  };
}

/** Runs npm as a user would: not as a part of the `npm test` that runs this. */
export async function npm(args: readonly string[], cwd: string): Promise<string> {
  const kept = /^npm_config_(?:registry|cache|userconfig)$/i;
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) || kept.test(name)),
  );
  const { stdout } = await promisify(execFile)("npm", [...args], { cwd, env });
  return stdout;
}
