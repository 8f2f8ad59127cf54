import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { debianProgram } from "./debian-program.ts";
import { listen } from "./listen.ts";
import { waitUntil } from "./wait-until.ts";

/** A real Redis on a port of its own, which can be ended and begun again. */
export interface RedisServer {
  url: string;
  port: number;
  child(): ChildProcess;
  /** Ends it, as a crash does. */
  kill(): Promise<void>;
  /** Begins it again on the same port. What it held is gone, unless it keeps its data. */
  start(): Promise<void>;
  /** What redis-cli says to a command. */
  ask(...command: string[]): Promise<string>;
  close(): Promise<void>;
}

/**
 * Debian's Redis, which is installed where we are root.
 * @param keepsData it writes all to disk, and has it again when it is begun again
 * @param tls it also speaks TLS, on the next port, with this certificate
 */
export async function startRedis({
  keepsData = false,
  tls,
}: {
  keepsData?: boolean;
  tls?: { certificate: string; key: string };
} = {}): Promise<RedisServer> {
  const program = debianProgram("redis-server", ["redis-server"]);
  const folder = mkdtempSync(join(tmpdir(), "gpu-panel-redis-"));
  const probe = createServer();
  const port = await listen(probe);
  await new Promise((resolve) => probe.close(resolve));
  let child: ChildProcess;
  let ended: Promise<unknown> = Promise.resolve();

  const ask = (...command: string[]) => run("redis-cli", ["-p", String(port), ...command]);
  async function start() {
    const flags = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder];
    if (keepsData) flags.push("--appendonly", "yes", "--appendfsync", "always");
    if (tls !== undefined)
      flags.push(
        ...["--tls-port", String(port + 1), "--tls-auth-clients", "no"],
        ...["--tls-cert-file", tls.certificate, "--tls-key-file", tls.key],
      );
    child = spawn(program, flags, { stdio: "ignore" });
    ended = new Promise((resolve) => child.once("exit", resolve));
    await waitUntil(async () => (await ask("ping")).includes("PONG"), { what: "Redis" });
  }
  async function kill() {
    child.kill("SIGKILL");
    await ended;
  }
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    child: () => child,
    kill,
    start,
    ask,
    async close() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    child.once("error", () => resolve(""));
    child.once("close", () => resolve(text));
  });
}
