import type { ChildProcess } from "node:child_process";
import { Readable } from "node:stream";
import { decodeText } from "../lib/decode-text.ts";
import { cpuMsOf } from "./cpu-time.ts";
import type { Ending } from "./diagnose.ts";
import { CPU_TIME_FD, closeAtExit, spawnGuarded } from "./nvidia-smi.ts";

const MOST_OUTPUT_BYTES = 4 * 1024 * 1024;

/** What a one-off query printed, or how it failed. `cpuMs`: CPU time that it took; `null` where that is not told. */
export type OnceResult = ({ ok: true; output: string } | { ok: false; ending: Ending }) & {
  cpuMs: number | null;
};

/** Runs a query once. Never throws; one that takes longer than `timeoutMs` is killed, and so is one that is still running when the sidecar dies. */
export function runOnce(
  command: readonly string[],
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<OnceResult> {
  const child = spawnOrFail([...command, ...args], env);
  if (!(child instanceof Error)) return answerOf(child, signal, timeoutMs);
  const ending = { code: null, signal: null, lastWords: child.message };
  return Promise.resolve({ ok: false, ending, cpuMs: null });
}

function answerOf(child: ChildProcess, signal: AbortSignal, timeoutMs: number): Promise<OnceResult> {
  return new Promise((resolve) => {
    let complaint = "";
    const tooMuch = () => {
      if (complaint !== "") return;
      complaint = "more output than any answer has";
      kill();
    };
    const [output, errors] = [collect(child.stdout, tooMuch), collect(child.stderr, tooMuch)];
    // Where nothing could be started there are no pipes either, whatever the types say.
    const stdio: ChildProcess["stdio"] | undefined = child.stdio;
    const cpuTime = collect(stdio?.[CPU_TIME_FD], tooMuch);

    function kill() {
      closeAtExit(child);
      child.stdin?.destroy();
      if (process.platform === "win32") child.kill();
    }
    function finish(code: number | null, by: string | null) {
      clearTimeout(timer);
      signal.removeEventListener("abort", abandon);
      child.stdin?.destroy();
      const cpuMs = cpuMsOf(cpuTime());
      if (code === 0 && complaint === "") {
        resolve({ ok: true, output: output(), cpuMs });
        return;
      }
      const lastWords = `${output()}\n${errors()}`.trim() || complaint;
      resolve({ ok: false, ending: { code, signal: by, lastWords }, cpuMs });
    }
    /** Nobody waits for the answer any more. */
    function abandon() {
      kill();
      complaint = "aborted";
      finish(null, null);
    }

    // Resolved when it is gone: children that cannot be killed must not pile up.
    const timer = setTimeout(() => {
      // Else it has answered, and something that it started holds the pipes.
      if (child.exitCode === null) complaint = `no answer within ${timeoutMs / 1000} s`;
      kill();
    }, timeoutMs);
    child.stdin?.on("error", () => {});
    child.on("error", (error) => {
      complaint = error.message;
      finish(null, null);
    });
    child.on("close", finish);
    if (signal.aborted) abandon();
    else signal.addEventListener("abort", abandon, { once: true });
  });
}

/** Some failures to start are told by an event, others thrown. */
function spawnOrFail(command: readonly string[], env: NodeJS.ProcessEnv): ChildProcess | Error {
  try {
    return spawnGuarded(command, env);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Collects the text of a stream, and says when it is more than anybody needs. */
function collect(stream: unknown, tooMuch: () => void): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  if (stream instanceof Readable) {
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MOST_OUTPUT_BYTES) chunks.push(chunk);
      else tooMuch();
    });
  }
  return () => decodeText(Buffer.concat(chunks));
}
