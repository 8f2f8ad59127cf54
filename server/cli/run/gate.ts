import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { Writable } from "node:stream";
import { parseStat } from "../../release/owners/parse-proc.ts";

/** How a process ended. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/**
 * The program's process before it is the program: its number is known, and told to the panel, while it waits for room. It
 * becomes the program in the very process, so that a job is bound to it from the first moment; when this process ends
 * before that, however it does, it ends too.
 */
export interface Gate {
  /** `null` where there is no such way (Windows): the program gets a process when the gate opens. */
  pid: number | null;
  /** When the process began, by the kernel's clock (Linux). */
  pidStart: string | null;
  /** Becomes the program, with these variables beside those of this process. */
  open(env: Readonly<Record<string, string>>): void;
  /** Sends a signal to whatever it is by now. */
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

/** Reads one line, puts what it says into the environment and becomes the program. Exit code 125: nobody is there any more. */
const SCRIPT = [
  'IFS=" " read -r GPU_PANEL_ORDER GPU_PANEL_VISIBLE GPU_PANEL_RUN <&3 || exit 125',
  "exec 3<&-",
  'if [ "$GPU_PANEL_KEEPS_ON" = 1 ]; then trap "" HUP; fi',
  'if [ -n "$GPU_PANEL_VISIBLE" ]; then',
  '  export CUDA_DEVICE_ORDER="$GPU_PANEL_ORDER" CUDA_VISIBLE_DEVICES="$GPU_PANEL_VISIBLE"',
  '  export GPU_PANEL_RUN="$GPU_PANEL_RUN $$"',
  "fi",
  "unset GPU_PANEL_KEEPS_ON GPU_PANEL_ORDER GPU_PANEL_VISIBLE",
  'exec "$@"',
].join("\n");

/** @param keepsOn it goes on when the terminal closes, as under nohup: Node has taken that back by now */
export function createGate(command: readonly string[], env: NodeJS.ProcessEnv, keepsOn: boolean): Gate {
  if (process.platform === "win32") return createLateProcess(command, env);
  const child = spawn("/bin/sh", ["-c", SCRIPT, "gpu-status-panel", ...command], {
    env: { ...env, ...(keepsOn ? { GPU_PANEL_KEEPS_ON: "1" } : {}) },
    stdio: ["inherit", "inherit", "inherit", "pipe"],
  });
  const line = child.stdio[3];
  if (line instanceof Writable) line.on("error", () => {});
  return {
    pid: child.pid ?? null,
    pidStart: child.pid === undefined ? null : startOf(child.pid),
    open({ CUDA_DEVICE_ORDER: order, CUDA_VISIBLE_DEVICES: visible, GPU_PANEL_RUN: job }) {
      if (!(line instanceof Writable)) return;
      line.end(visible === undefined ? "\n" : `${order ?? "PCI_BUS_ID"} ${visible} ${job ?? ""}\n`);
    },
    kill: (signal) => void child.kill(signal),
    ended: endOf(child),
  };
}

function createLateProcess([program = "", ...args]: readonly string[], env: NodeJS.ProcessEnv): Gate {
  let child: ChildProcess | null = null;
  let end: (ended: Ended) => void = () => {};
  const ended = new Promise<Ended>((resolve) => {
    end = resolve;
  });
  return {
    pid: null,
    pidStart: null,
    open(more) {
      child = spawn(program, args, { env: { ...env, ...more }, stdio: "inherit" });
      void endOf(child).then(end);
    },
    kill(signal) {
      if (child === null) end({ code: null, signal });
      else child.kill(signal);
    },
    ended,
  };
}

function endOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => {
    child.once("error", () => resolve({ code: 127, signal: null }));
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}

function startOf(pid: number): string | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"))?.startTime ?? null;
  } catch {
    return null;
  }
}
