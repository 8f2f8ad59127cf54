#!/usr/bin/env node
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { explainErrors, explainListenError, usage } from "./config/explain.ts";
import { type Options, optionsSchema, testOptionsSchema } from "./config/options.ts";
import { readOptions } from "./config/read-options.ts";
import { readTimeScale } from "./config/time-scale.ts";
import { createSidecar } from "./sidecar.ts";
import { scaleTimings, TIMINGS, type Timings } from "./timings.ts";

/** Version of the package; the build puts it in. */
declare const __VERSION__: string;

function main() {
  const scale = readTimeScale(process.env);
  const schema = scale.kind === "scale" && scale.asked ? testOptionsSchema : optionsSchema;
  const result = readOptions(process.argv.slice(2), process.env, readText, schema);
  if (result.kind === "help") return void process.stdout.write(usage());
  if (result.kind === "version") return void process.stdout.write(`${__VERSION__}\n`);
  if (result.kind === "errors") return fail(result.errors);
  if (scale.kind === "error") return fail([scale.error]);
  if (scale.factor !== 1) complain(`a test has the time pass ${scale.factor} times faster.`);
  run(result.options, scaleTimings(TIMINGS, scale.factor));
}

function fail(errors: readonly string[]) {
  process.stderr.write(explainErrors(errors));
  process.exitCode = 1;
}

const complain = (message: string) => void process.stderr.write(`gpu-status-panel: ${message}\n`);

function run(options: Options, timings: Timings) {
  const here = dirname(fileURLToPath(import.meta.url));
  const sidecar = createSidecar(options, {
    clientFolder: join(here, "../client"),
    version: __VERSION__,
    env: process.env,
    complain,
    timings,
  });

  let ending = false;
  const end = (code: number) => {
    if (ending) return;
    ending = true;
    // Whatever hangs, the program ends; the guard of the query loop sees to the rest.
    setTimeout(() => process.exit(code), timings.patience.closeMs).unref();
    sidecar.close().then(
      () => process.exit(code),
      (error: unknown) => {
        process.stderr.write(`gpu-status-panel: ${String(error)}\n`);
        process.exit(code === 0 ? 1 : code);
      },
    );
  };
  process.once("SIGINT", () => end(0));
  process.once("SIGTERM", () => end(0));
  process.once("SIGHUP", () => end(0));

  sidecar.server.on("error", (error: NodeJS.ErrnoException) => {
    process.stderr.write(explainListenError(error, options.host, options.port));
    end(1);
  });
  sidecar.server.listen(options.port, options.host, () => {
    const address = sidecar.server.address();
    const port = typeof address === "object" && address !== null ? address.port : options.port;
    const url = panelUrl(options.host, port, options.basePath);
    // In the fragment the token is sent to no server and stands in no log but this one.
    const link = sidecar.token === null ? url : `${url}#token=${sidecar.token}`;
    const lines = [`GPU status panel: ${link}`];
    if (sidecar.token !== null) lines.push("The link carries the token that allows releasing VRAM.");
    if (sidecar.sourceKind === "demo" && options.source === "auto") {
      lines.push("nvidia-smi was not found: showing a DEMO GPU.");
    }
    process.stdout.write(`${lines.join("\n")}\n`);
    if (options.open) openBrowser(link);
  });
}

/** An address that a browser on this machine can open. */
function panelUrl(host: string, port: number, basePath: string): string {
  const everywhere = host === "0.0.0.0" || host === "::";
  const name = everywhere ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}${basePath}`;
}

function openBrowser(url: string) {
  const [command, ...args] =
    process.platform === "darwin"
      ? ["open", url]
      : process.platform === "win32"
        ? ["explorer.exe", url]
        : ["xdg-open", url];
  const child = spawn(command ?? "xdg-open", args, { stdio: "ignore", detached: true });
  child.on("error", () => process.stdout.write("No browser could be opened: use the link above.\n"));
  child.unref();
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

main();
