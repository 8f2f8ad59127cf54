import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scaleTimings, TIMINGS } from "../../server/timings.ts";
import { testsFolder } from "./run-folder.ts";
import { waitUntil } from "./wait-until.ts";

const MAIN = fileURLToPath(new URL("../../dist/server/main.js", import.meta.url));

/** The built sidecar as a real process. */
export interface RunningSidecar {
  /** Address of the panel, with a slash at the end and without a token. */
  url: string;
  /** What it printed so far, standard error included. */
  output(): string;
  child: ChildProcess;
  /** Sends a signal and waits for the end; the exit code, or the signal's name. */
  end(signal?: NodeJS.Signals): Promise<number | string | null>;
}

/** The environment variable that says how many times faster the product's own waiting times pass. */
export const TIME_SCALE = "GPU_PANEL_TEST_TIME_SCALE";
/** How many times that is for the sidecar of a rig. */
export const SCALE = 5;
/** The waiting times of such a sidecar. */
export const SCALED = scaleTimings(TIMINGS, SCALE);

/** Starts `dist/server/main.js` on a free port and waits until it listens. */
export async function startSidecar(
  flags: readonly string[],
  env: NodeJS.ProcessEnv = {},
  program = MAIN,
  under: readonly string[] = [],
): Promise<RunningSidecar> {
  const { child, output, ended } = spawnSidecar(["--port", "0", ...flags], env, program, under);
  const url = await waitUntil(() => /GPU status panel: (http:\/\/[^\s#]+)/.exec(output())?.[1], {
    what: () => `the sidecar to listen; it said: ${output()}`,
  });
  return {
    url,
    output,
    child,
    async end(signal = "SIGTERM") {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return ended;
    },
  };
}

/**
 * Starts the sidecar without waiting for it.
 * @param program the built one, or that of an installed package
 * @param under a command that runs it, and hands SIGTERM on
 */
export function spawnSidecar(
  flags: readonly string[],
  env: NodeJS.ProcessEnv = {},
  program = MAIN,
  under: readonly string[] = [],
) {
  let text = "";
  // What a test releases belongs into no audit of this machine.
  const dataDir = env.GPU_PANEL_DATA_DIR ?? mkdtempSync(join(testsFolder(), "gpu-panel-data-"));
  const [command = process.execPath, ...args] = [...under, process.execPath, program, ...flags];
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, ...env, GPU_PANEL_DATA_DIR: dataDir },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const ended = new Promise<number | string | null>((resolve) => {
    child.once("exit", (code, signal) => {
      if (env.GPU_PANEL_DATA_DIR === undefined) rmSync(dataDir, { recursive: true, force: true });
      resolve(code ?? signal);
    });
  });
  return { child, output: () => text, ended };
}
