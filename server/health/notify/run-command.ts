import { spawn } from "node:child_process";

/** What came of a command; `error` names what went wrong without the command. */
export type Ran = { ok: true } | { ok: false; error: string };

/**
 * Runs a program once with `input` on its stdin, without a shell. Never throws; at the time limit, and when `signal`
 * aborts, it is killed with all that it has started. What it prints is not read.
 */
export function runCommand(
  [program = "", ...args]: readonly string[],
  input: string,
  { timeoutMs, signal, env }: { timeoutMs: number; signal: AbortSignal; env: NodeJS.ProcessEnv },
): Promise<Ran> {
  return new Promise((resolve) => {
    // A group of its own, so that its children can be ended with it.
    const child = spawn(program, args, {
      stdio: ["pipe", "ignore", "ignore"],
      detached: process.platform !== "win32",
      windowsHide: true,
      env,
    });
    const kill = () => {
      try {
        if (process.platform === "win32" || child.pid === undefined) child.kill("SIGKILL");
        else process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    };
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      kill();
    }, timeoutMs);
    const end = (ran: Ran) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", kill);
      child.stdin.destroy();
      resolve(ran);
    };
    child.on("error", (error) => end({ ok: false, error: causeOf(error) }));
    child.on("exit", (code, killedBy) => {
      if (code === 0) end({ ok: true });
      else if (late) end({ ok: false, error: `no end within ${timeoutMs / 1000} s` });
      else end({ ok: false, error: code === null ? `ended by ${killedBy}` : `exit ${code}` });
    });
    // It need not read what it is told.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    signal.addEventListener("abort", kill);
    if (signal.aborted) kill();
  });
}

/** A code such as ENOENT. A message would hold the command. */
function causeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : "it cannot be started";
}
