import { execFile } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { npm, packPackage } from "../helpers/packed-package.ts";
import { readmeSnippets } from "../helpers/readme-snippets.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

test("EMB-9 what the pages tell to install and to call is installed and called", async () => {
  const packed = await packPackage();
  const index = readmeSnippets("integrations/README.md");
  const [, , install, call] = index.takeAll("inline").map(({ code }) => code);
  const { code: first } = readmeSnippets("integrations/node/README.md").take("sh");
  expect(first.trim()).toBe(install);
  const app = packed.emptyFolder();
  // It is not in the registry yet: as the page says, it is the file that is packed.
  await npm([...first.trim().split(" ").slice(1, -1), "--prefer-offline", packed.tarball], app);
  cpSync(join(ROOT, "integrations/node/server.mjs"), join(app, "server.mjs"));
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  expect((await run("sh", ["-c", `${call} --version`], { cwd: app })).stdout).toBe(`${version}\n`);
  const imported = 'import("./server.mjs").then(() => process.exit(0))';
  await run(process.execPath, ["-e", imported], {
    cwd: app,
    env: { ...process.env, XDG_DATA_HOME: join(app, "data"), PORT: "0" },
  });
});
