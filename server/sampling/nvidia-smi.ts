import { type ChildProcess, spawn } from "node:child_process";
import { childEnvironment } from "../lib/child-environment.ts";
import { createLineSplitter } from "../lib/line-splitter.ts";
import type { Ending } from "./diagnose.ts";

/** A running query loop. */
export interface LoopChild {
  /**
   * Kills the loop; resolves when it is gone. A child in an uninterruptible driver call goes only when that
   * call returns, so the promise may stay pending. Idempotent.
   */
  kill(): Promise<void>;
}

export interface LoopListeners {
  onLine(line: string): void;
  /** What it has said on standard error so far, at the end of each line. */
  onWords?(words: string): void;
  /** Called once, when the child has ended and all its lines have been given out; not after `kill`. */
  onEnd(ending: Ending): void;
}

/**
 * Runs a command and kills it when standard input closes. The kernel closes that however the sidecar ends, SIGKILL
 * included, so that not even a hanging loop outlives the sidecar.
 * - The command's CPU time goes to file descriptor 4. Perhaps nobody reads it any more: hence the trap.
 * - Both children are waited for. Else a sidecar that is the first process of a container would inherit their remains,
 *   and Node waits for its own children alone.
 * - All are one process group. After a command that was killed the whole group is: a script around nvidia-smi may have
 *   left one that hangs.
 *
 * POSIX sh, nothing else.
 */
const GUARD = `
exec 3<&0
"$@" </dev/null 3<&- 4>&- &
child=$!
( read -r _ <&3; kill -9 "$child" ) >/dev/null 2>&1 4>&- &
guard=$!
exec 3<&-
trap '' PIPE
wait "$child"
status=$?
kill -9 "$guard" 2>/dev/null
wait "$guard" 2>/dev/null
command times >&4 2>/dev/null
[ "$status" -eq 137 ] && kill -9 0
exit "$status"
`;
export const CPU_TIME_FD = 4;

const LAST_WORDS_CHARS = 2000;
/** After so much at once nothing is read for a while: that leaves some 1,000 rows a second, 60 samples of 16 GPUs. */
const FLOOD_CHARS = 16 * 1024;
const FLOOD_REST_MS = 100;

/** Starts a query loop: one long-lived child. */
export function startLoop(
  command: readonly string[],
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  { onLine, onWords, onEnd }: LoopListeners,
): LoopChild {
  const child = spawnGuarded([...command, ...args], env);
  const splitter = createLineSplitter();
  let lastWords = "";
  let killed = false;
  let ended = false;
  let spawnError: string | null = null;

  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    if (killed) return;
    for (const line of splitter.push(chunk)) onLine(line);
    // No GPU's rows come so fast. The child may fill the pipe and wait.
    if (chunk.length < FLOOD_CHARS) return;
    child.stdout?.pause();
    setTimeout(() => child.stdout?.resume(), FLOOD_REST_MS);
  });
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    lastWords = (lastWords + chunk).slice(-LAST_WORDS_CHARS);
    if (!killed && chunk.includes("\n")) onWords?.(lastWords.trim());
  });
  // A guard that has gone cannot be written to; its end is reported below.
  child.stdin?.on("error", () => {});
  child.on("error", (error) => {
    spawnError = error.message;
    finish(null, null);
  });
  child.on("close", (code, signal) => finish(code, signal));

  function finish(code: number | null, signal: string | null) {
    if (ended) return;
    ended = true;
    child.stdin?.destroy();
    if (killed) return;
    const rest = splitter.rest().trim();
    if (spawnError !== null) onEnd({ code: 126, signal: null, lastWords: spawnError });
    else onEnd({ code, signal, lastWords: `${rest}\n${lastWords}`.trim() });
  }

  let killing: Promise<void> | undefined;
  return {
    kill() {
      killing ??= new Promise<void>((resolve) => {
        killed = true;
        if (ended) {
          resolve();
          return;
        }
        child.once("close", () => resolve());
        closeAtExit(child);
        child.stdin?.destroy();
        if (process.platform === "win32") child.kill();
      });
      return killing;
    },
  };
}

/** Does not wait for the pipes: what a killed command has started itself may live on and hold them. */
export function closeAtExit(child: ChildProcess) {
  const close = () => {
    for (const stream of child.stdio) stream?.destroy();
  };
  if (child.exitCode !== null || child.signalCode !== null) close();
  else child.once("exit", close);
}

export function spawnGuarded(command: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const [file = "", ...args] = command;
  const options = { env: { ...childEnvironment(env), LC_ALL: "C" }, windowsHide: true } as const;
  // Windows has no sh. There a loop ends at its next write, when nobody reads.
  if (process.platform === "win32") return spawn(file, args, options);
  return spawn("/bin/sh", ["-c", GUARD, "gpu-status-panel", ...command], {
    ...options,
    stdio: ["pipe", "pipe", "pipe", "ignore", "pipe"],
    // A process group of its own: Ctrl-C reaches the sidecar, which ends the loop in its own order.
    detached: true,
  });
}
