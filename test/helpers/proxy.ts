import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";
import { listen, shut } from "./listen.ts";
import { waitUntil } from "./wait-until.ts";

/** A real proxy in the foreground, with the configuration that users copy. */
export interface RunningProxy {
  /** What it said so far. */
  output(): string;
  close(): Promise<void>;
}

/** What a file of `integrations/` says, with the ports, names and paths of a test in the place of the user's. */
export type Changes = readonly (readonly [user: string, test: string])[];

/** Reads a file of `integrations/`; each change must find its place, or the test would run something else. */
export function integrationFile(path: string, changes: Changes): string {
  let text = readFileSync(fileURLToPath(new URL(`../../integrations/${path}`, import.meta.url)), "utf8");
  for (const [user, test] of changes) {
    if (!text.includes(user)) throw new Error(`integrations/${path} has no ${user}`);
    text = text.replaceAll(user, test);
  }
  return text;
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await shut(server);
  return port;
}

/** Starts nginx in a folder of its own. @param files by path; `conf.d/*.conf` are what it serves */
export async function startNginx(
  files: Readonly<Record<string, string>>,
  port: number,
): Promise<RunningProxy> {
  const folder = makeFolder({
    ...files,
    "nginx.conf": "events {}\npid nginx.pid;\nhttp { access_log off; include conf.d/*.conf; }\n",
  });
  const args = ["-e", "stderr", "-p", folder, "-c", join(folder, "nginx.conf"), "-g", "daemon off;"];
  return run(inject("nginxPath"), args, {}, folder, port);
}

/** Starts Caddy with this Caddyfile. */
export async function startCaddy(caddyfile: string, port: number): Promise<RunningProxy> {
  const folder = makeFolder({ Caddyfile: caddyfile });
  const env = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const args = ["run", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"];
  return run(inject("caddyPath"), args, env, folder, port);
}

/** A certificate that signs itself, for a test. */
export function makeCertificate(name: string): { certificate: string; key: string; remove(): void } {
  const folder = makeFolder({});
  const [certificate, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const args = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "1",
  ];
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
  execFileSync(inject("opensslPath"), [...args, ...subject, "-keyout", key, "-out", certificate], {
    stdio: "ignore",
  });
  return { certificate, key, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function makeFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "gpu-panel-proxy-"));
  // Its workers run as somebody else.
  chmodSync(folder, 0o755);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

async function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  folder: string,
  port: number,
): Promise<RunningProxy> {
  const child: ChildProcess = spawn(program, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  }
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await waitUntil(() => child.exitCode === null && accepts(port), {
      what: () => `${program}; it said: ${text}`,
    });
  } catch (error) {
    await close();
    throw error;
  }
  return { output: () => text, close };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
