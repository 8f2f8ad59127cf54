import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../dist/server/main.js", import.meta.url));

/** A command of the program, as a real process. */
export interface CliRun {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** The exit code, or the signal's name. */
  readonly ended: Promise<number | string | null>;
}

export interface CliOptions {
  env?: NodeJS.ProcessEnv;
  input?: string;
  /** A command that runs the program, in place of Node and the built one. */
  program?: readonly string[];
}

/** Starts `gpu-status-panel ARGS` beside whichever sidecar listens at this address. */
export function startCli(
  url: string,
  args: readonly string[],
  { env = {}, input, program = [process.execPath, MAIN] }: CliOptions = {},
): CliRun {
  const [command = "", ...before] = program;
  const child = spawn(command, [...before, ...args], {
    env: { PATH: process.env.PATH, LANG: "en_US.UTF-8", GPU_PANEL_URL: url, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const said = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.stderr += text;
  });
  child.stdin.on("error", () => {});
  child.stdin.end(input ?? "");
  const ended = new Promise<number | string | null>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? signal));
    // What it has started may live on, and hold its output.
    child.once("exit", (_, signal) => {
      if (signal !== null) resolve(signal);
    });
  });
  return { child, stdout: () => said.stdout, stderr: () => said.stderr, ended };
}

/** Runs a command to its end. */
export async function cli(url: string, args: readonly string[], options?: CliOptions) {
  const run = startCli(url, args, options);
  const code = await run.ended;
  return { code, stdout: run.stdout(), stderr: run.stderr() };
}
