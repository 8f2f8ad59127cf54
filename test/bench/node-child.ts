import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A Node process of its own, so that its work is counted apart. */
export interface NodeChild {
  pid: number;
  /** The first line it printed: it is ready. */
  line: string;
  /** Sends it a line and waits for the line that it answers. */
  ask(): Promise<string>;
  end(): Promise<void>;
}

/** Starts one of the scripts of this folder and waits for its first line. */
export async function startNodeChild(script: string, args: readonly string[]): Promise<NodeChild> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const line = await firstLine(child);
  return {
    pid: pidOf(child),
    line,
    ask() {
      const answer = firstLine(child);
      child.stdin.write("\n");
      return answer;
    },
    async end() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await ended;
    },
  };
}

/** The first line a child prints; fails when it ends without one. */
export function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      const end = text.indexOf("\n");
      if (end >= 0) resolve(text.slice(0, end));
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(new Error(`a child ended (${code ?? signal}): ${text}`)));
  });
}

export function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error("a child did not start");
  return pid;
}
