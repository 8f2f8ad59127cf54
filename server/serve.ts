import { spawn } from "node:child_process";
import type { Server } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { checkRunning } from "./binding/check-running.ts";
import { networkUrls } from "./binding/network-urls.ts";
import { urlOf, whoHasPort } from "./binding/who-has-port.ts";
import { dataFolder } from "./config/data-folder.ts";
import { explainErrors, explainListenError, explainPortTaken, usage } from "./config/explain.ts";
import { type Options, optionsSchema, testOptionsSchema } from "./config/options.ts";
import { readOptions } from "./config/read-options.ts";
import { readTimeScale } from "./config/time-scale.ts";
import { holdFiles } from "./data/folder-hold.ts";
import { readHolder } from "./data/holder-note.ts";
import { createBareServer } from "./http/http-server.ts";
import { childEnvironment } from "./lib/child-environment.ts";
import { readText } from "./lib/read-text.ts";
import { createSidecar } from "./sidecar.ts";
import { scaleTimings, TIMINGS, type Timings } from "./timings.ts";
import { VERSION } from "./version.ts";

const EXIT_PORT_TAKEN = 3;
/** Set by programs that start a sidecar: what it ends with, `stdin` or `leases`; without it, when it is told. */
const ENDS_WITH = "GPU_PANEL_ENDS_WITH";

const complain = (message: string) => void process.stderr.write(`gpu-status-panel: ${message}\n`);

/**
 * V8 keeps what it once needed: a thousand viewers that connect at once leave 48 MiB of room for new objects and twice
 * the heap in use. What a turn needs is gone at its end, so that one MiB is room enough, and the heap is cleared when it
 * has grown by half: 107 MiB in place of 155 (`npm run bench -- wire`). A flag that V8 does not know changes nothing.
 */
const KEEP_HEAP_SMALL = ["--semi-space-growth-factor=1", "--heap-growing-percent=50"];

/** Starts the sidecar with the flags of this process, or says why it cannot be started. */
export function serve() {
  for (const flag of KEEP_HEAP_SMALL) setFlagsFromString(flag);
  const scale = readTimeScale(process.env);
  const schema = scale.kind === "scale" && scale.asked ? testOptionsSchema : optionsSchema;
  const result = readOptions(process.argv.slice(2), process.env, readText, schema);
  if (result.kind === "help") return void process.stdout.write(usage());
  if (result.kind === "version") return void process.stdout.write(`${VERSION}\n`);
  if (result.kind === "errors") return fail(result.errors);
  for (const warning of result.warnings) complain(warning);
  if (scale.kind === "error") return fail([scale.error]);
  if (result.check)
    return void checkRunning(result.options).then(({ code, said }) => {
      process.stdout.write(`${said}\n`);
      process.exitCode = code;
    });
  if (scale.factor !== 1) complain(`a test has the time pass ${scale.factor} times faster.`);
  run(result.options, scale.factor, scaleTimings(TIMINGS, scale.factor));
}

function fail(errors: readonly string[]) {
  process.stderr.write(explainErrors(errors));
  process.exitCode = 1;
}

/** Takes the port before anything else: whoever does not get it has touched no file and started no process. */
function run(options: Options, timeScale: number, timings: Timings) {
  const server = createBareServer(timings.http);
  server.once("error", (error: NodeJS.ErrnoException) => void cannotListen(error, options));
  server.listen(options.port, options.host, () => {
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : options.port;
    const bound = { server, url: urlOf(options.host, port, options.basePath) };
    begin(options, { bound, timeScale, timings });
  });
}

async function cannotListen(error: NodeJS.ErrnoException, options: Options) {
  const { host, port, basePath } = options;
  if (error.code !== "EADDRINUSE") {
    process.stderr.write(explainListenError(error, host, port));
    process.exitCode = 1;
    return;
  }
  const panel = await whoHasPort(host, port, basePath);
  process.stderr.write(explainPortTaken(host, port, panel, panel === null ? null : pidAt(port, options)));
  process.exitCode = EXIT_PORT_TAKEN;
}

/** The process of the panel that has noted this port in the data folder. */
function pidAt(port: number, { dataDir }: Options): number | null {
  const folder = dataDir ?? dataFolder(process.env);
  const notes = [false, true].map((demo) => readHolder(holdFiles(folder, demo).note));
  const found = notes.find((note) => note?.url != null && Number(new URL(note.url).port) === port);
  return found?.pid ?? null;
}

interface Begun {
  bound: { server: Server; url: string };
  timeScale: number;
  timings: Timings;
}

function begin(options: Options, { bound, timeScale, timings }: Begun) {
  const here = dirname(fileURLToPath(import.meta.url));
  const endsWith = process.env[ENDS_WITH];
  const sidecar = createSidecar(options, {
    clientFolder: join(here, "../client"),
    version: VERSION,
    env: process.env,
    bound,
    complain,
    timings,
    timeScale,
    ...(endsWith === "leases" ? { whenUnleased: () => end(0) } : {}),
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

  if (endsWith === "stdin") process.stdin.once("close", () => end(0)).resume();
  // Whoever reads its words may have ended before it.
  for (const stream of [process.stdout, process.stderr, process.stdin]) stream.on("error", () => {});

  bound.server.on("error", (error) => {
    process.stderr.write(explainListenError(error, options.host, options.port));
    end(1);
  });
  // In the fragment the token is sent to no server and stands in no log but this one.
  const fragment = sidecar.token === null ? "" : `#token=${sidecar.token}`;
  const link = `${bound.url}${fragment}`;
  const lines = [`GPU status panel: ${link}`];
  for (const url of networkUrls(bound.url, options.host)) lines.push(`Network: ${url}${fragment}`);
  if (sidecar.token !== null) lines.push("The link carries the token that allows releasing VRAM.");
  if (sidecar.sourceKind === "demo" && options.source === "auto") {
    lines.push("nvidia-smi was not found: showing simulated GPUs (demo).");
  }
  process.stdout.write(`${lines.join("\n")}\n`);
  if (options.open) openBrowser(link);
}

function openBrowser(url: string) {
  const [command, ...args] =
    process.platform === "darwin"
      ? ["open", url]
      : process.platform === "win32"
        ? ["explorer.exe", url]
        : ["xdg-open", url];
  const env = childEnvironment(process.env);
  const child = spawn(command ?? "xdg-open", args, { stdio: "ignore", detached: true, env });
  child.on("error", () => process.stdout.write("No browser could be opened: use the link above.\n"));
  child.unref();
}
