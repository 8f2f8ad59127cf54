import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createFakeNvidiaSmi, type FakeNvidiaSmi, fakeGpu } from "./fake-nvidia-smi.ts";
import { ownPython } from "./own-python.ts";
import { SCALE, TIME_SCALE } from "./sidecar.ts";
import { waitUntil } from "./wait-until.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A folder in which a user follows the steps of a README, with stand-ins for the host's own packages. */
export interface PythonHost {
  /** Where the user's files lie. */
  folder: string;
  fake: FakeNvidiaSmi;
  /** Ports that are free: of the host's page, of the sidecar. */
  ports: { host: number; panel: number };
  write(name: string, text: string): void;
  copy(from: string, to: string): void;
  /** Runs a block of shell to its end; throws with what it said when it fails. */
  run(script: string): Promise<string>;
  /** Runs a block of shell that does not end by itself, and waits for `ready`. */
  start(script: string, ready: () => Promise<boolean>): Promise<Started>;
  close(): Promise<void>;
}

/** A program that goes on running. */
export interface Started {
  child: ChildProcess;
  /** What it has said so far. */
  said(): string;
  end(): Promise<void>;
}

/**
 * @param env more variables, such as the places of the host
 * @param totalMiB VRAM of its GPU
 * @param python another one than that of the tests
 */
export async function startPythonHost(
  env: NodeJS.ProcessEnv = {},
  totalMiB = 24_564,
  python?: string,
): Promise<PythonHost> {
  const folder = mkdtempSync(join(tmpdir(), "gpu-panel-host-"));
  const bin = join(folder, "bin");
  mkdirSync(bin);
  // Not a link: an environment is found by the path of its Python.
  writeFileSync(join(bin, "python"), `#!/bin/sh\nexec "${python ?? (await ownPython())}" "$@"\n`, {
    mode: 0o755,
  });
  const fake = createFakeNvidiaSmi({ gpus: [fakeGpu(0, { "memory.used": 600, "memory.total": totalMiB })] });
  const ports = { host: await freePort(), panel: await freePort() };
  const whole: NodeJS.ProcessEnv = {
    ...fake.env,
    PATH: [bin, fake.env.PATH].join(delimiter),
    HOME: folder,
    PYTHONPATH: join(ROOT, "test/fixtures/hosts"),
    PYTHONUNBUFFERED: "1",
    PYTHONDONTWRITEBYTECODE: "1",
    GPU_STATUS_PANEL: ROOT.replace(/\/$/, ""),
    GPU_PANEL_COMMAND: `${process.execPath} ${join(ROOT, "dist/server/main.js")} --interval 250`,
    GPU_PANEL_PORT: String(ports.panel),
    [TIME_SCALE]: String(SCALE),
    GPU_PANEL_DATA_DIR: join(folder, "data"),
    GRADIO_SERVER_PORT: String(ports.host),
    ...env,
  };
  const running: Started[] = [];

  function begin(script: string) {
    let text = "";
    // A group of its own, so that the shell's children end with it.
    const child = spawn("sh", ["-ec", script], { cwd: folder, env: whole, detached: true });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
    }
    const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
    return { child, said: () => text, ended };
  }

  return {
    folder,
    fake,
    ports,
    write(name, text) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    },
    copy: (from, to) => copyFileSync(join(ROOT, from), join(folder, to)),
    async run(script) {
      const { said, ended } = begin(script);
      const code = await ended;
      if (code !== 0) throw new Error(`${script}\nended with ${code}: ${said()}`);
      return said();
    },
    async start(script, ready) {
      const { child, said, ended } = begin(script);
      const started: Started = {
        child,
        said,
        async end() {
          if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
            process.kill(-child.pid, "SIGTERM");
          }
          await ended;
        },
      };
      running.push(started);
      await waitUntil(
        async () => {
          if (child.exitCode !== null) throw new Error(`${script}\nended: ${said()}`);
          return ready().catch(() => false);
        },
        { timeoutMs: 60_000, what: () => `${script}\nit said: ${said()}` },
      );
      return started;
    },
    async close() {
      for (const one of running) await one.end();
      // A sidecar that a host started outlives it by some seconds, and writes its last into the folder.
      const panel = `http://127.0.0.1:${ports.panel}/`;
      const isGone = () =>
        isPanelUp(panel).then(
          () => false,
          () => true,
        );
      await waitUntil(isGone, { timeoutMs: 60_000, what: "the panel to end" });
      fake.dispose();
      await waitUntil(() => isRemoved(folder), { timeoutMs: 60_000, what: `${folder} to be removed` });
    },
  };
}

function isRemoved(folder: string): boolean {
  try {
    rmSync(folder, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}

/** True once the panel below `url` answers with samples. */
export async function isPanelUp(url: string): Promise<boolean> {
  const response = await fetch(`${url}healthz`);
  return response.status === 200;
}

/** Below the ports that outgoing connections take: between now and the program's start one of those could have it. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(12_000, 30_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
