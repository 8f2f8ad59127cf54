import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The package as users get it, in a folder of its own. */
export interface PackedPackage {
  folder: string;
  tarball: string;
  /** Makes an empty folder in which the package and `others` from the registry are installed. */
  install(others?: readonly string[]): Promise<string>;
  /** The sidecar's program in such a folder, as `npx gpu-status-panel` finds it. */
  program(installed: string): string;
  remove(): void;
}

/** Packs what `npm run build` has built. */
export async function packPackage(): Promise<PackedPackage> {
  const folder = mkdtempSync(join(tmpdir(), "gpu-panel-pack-"));
  // Its scripts would build anew, under the feet of other tests.
  await npm(["pack", "--ignore-scripts", "--pack-destination", folder], ROOT);
  const name = readdirSync(folder).find((file) => file.endsWith(".tgz"));
  if (name === undefined) throw new Error("npm pack made no tarball");
  const tarball = join(folder, name);
  return {
    folder,
    tarball,
    async install(others = []) {
      const installed = mkdtempSync(join(folder, "app-"));
      writeFileSync(join(installed, "package.json"), '{ "private": true, "type": "module" }\n');
      await npm(["install", "--prefer-offline", "--no-audit", "--no-fund", tarball, ...others], installed);
      return installed;
    },
    program: (installed) => join(installed, "node_modules/.bin/gpu-status-panel"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
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
