import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How a command in the copy ended. */
export interface Ended {
  ok: boolean;
  output: string;
}

/** A mutant may make a test wait for ever. */
const LONGEST_MS = 15 * 60_000;

/** A copy of the working tree, in which files may be changed. */
export function makeCopy(root: string) {
  const folder = mkdtempSync(join(tmpdir(), "gpu-panel-mutants-"));
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  for (const file of listed.split("\0")) {
    if (file !== "" && existsSync(join(root, file))) cpSync(join(root, file), join(folder, file));
  }
  // Vite, in which this runs, has set it: a build would be one for development.
  const { NODE_ENV: _, ...env } = process.env;
  // The tests keep programs that they have fetched in `.cache`.
  mkdirSync(join(root, ".cache"), { recursive: true });
  for (const shared of ["node_modules", ".cache"]) symlinkSync(join(root, shared), join(folder, shared));
  return {
    folder,
    run(command: string, ...args: string[]): Ended {
      const { status, stdout, stderr } = spawnSync(command, args, {
        cwd: folder,
        encoding: "utf8",
        timeout: LONGEST_MS,
        maxBuffer: 256 * 1024 * 1024,
        env: { ...env, NO_COLOR: "1" },
      });
      return { ok: status === 0, output: `${stdout}${stderr}` };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
export type Copy = ReturnType<typeof makeCopy>;
