import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { wallMs } from "../../server/lib/clock.ts";
import { npm } from "./packed-package.ts";

/** It weighs 111 MB with all that it brings along, so it is no dependency of this project. */
const VERSION = "2.12.0";
const NAME = "@modelcontextprotocol/inspector";
const CACHE = fileURLToPath(new URL("../../.cache", import.meta.url));

/** The MCP inspector from npm, kept in `.cache`; or why there is none. */
export async function mcpInspector(): Promise<{ cli: string } | { missing: string }> {
  const folder = join(CACHE, `mcp-inspector-${VERSION}`);
  const cli = join(folder, "node_modules/.bin/mcp-inspector");
  if (existsSync(cli)) return { cli };
  process.stdout.write(`Not here yet: ${NAME}@${VERSION} from npm, for the tests' own use\n`);
  const made = `${folder}-${process.pid}-${wallMs()}`;
  mkdirSync(made, { recursive: true });
  writeFileSync(join(made, "package.json"), '{ "private": true }\n');
  try {
    const install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    await npm([...install, "--fetch-retries=0", `${NAME}@${VERSION}`], made);
    if (!existsSync(folder)) renameSync(made, folder);
  } catch (error) {
    return { missing: `npm has no ${NAME}@${VERSION} for this machine, or cannot be reached: ${error}` };
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return { cli };
}

/**
 * What its command line prints of one method, read as JSON; the process may have failed, of which the answer tells.
 * @param folder where it may keep what it likes
 */
export function inspect(cli: string, args: readonly string[], folder: string): Promise<unknown> {
  const answer = join(folder, `answer-${wallMs()}.json`);
  const env = { PATH: process.env.PATH ?? "", HOME: folder, MCP_CATALOG_PATH: join(folder, "mcp.json") };
  const given = ["--cli", "--format", "json", "--output", answer, ...args];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [cli, ...given], { env, timeout: 120_000 }, (error, stdout, stderr) => {
      if (existsSync(answer)) resolve(JSON.parse(readFileSync(answer, "utf8")));
      else reject(new Error(`the inspector has no answer: ${error?.message}\n${stdout}${stderr}`));
    });
  });
}
