import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { createFakeNvidiaSmi, type FakeNvidiaSmi, fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const NODES = fileURLToPath(new URL("comfyui-nodes", import.meta.url));

/** A checkout of ComfyUI, and a Python that has its requirements. */
export const COMFYUI = process.env.COMFYUI_DIR ?? null;
export const PYTHON = process.env.COMFYUI_PYTHON ?? "python3";

/** A real ComfyUI with the pack as `npm run packs` writes it, and the sidecar that it starts. */
export interface ComfyUi {
  url: string;
  panel: string;
  process: ChildProcess;
  fake: FakeNvidiaSmi;
  said(): string;
  /** The sidecar's process. */
  panelPid(): number;
  /** From now on the sidecar cannot be started again. */
  letNoneStart(): void;
  /** ComfyUI's base folder: models, input … */
  folder: string;
}

interface Start {
  /** Also the nodes that run on a partner's machine. */
  withPartners?: boolean;
  /** What else the base folder is to have when it starts. */
  prepare?(folder: string): void;
}

export async function startComfyUi({ withPartners = false, prepare }: Start = {}): Promise<ComfyUi> {
  if (COMFYUI === null) throw new Error("COMFYUI_DIR names no checkout of ComfyUI");
  const folder = mkdtempSync(join(tmpdir(), "gpu-panel-comfyui-"));
  for (const name of ["custom_nodes", "models", "input", "output", "user", "temp"])
    mkdirSync(join(folder, name));
  const packed = spawnSync(process.execPath, [join(ROOT, "build/packs/main.mjs"), folder], {
    encoding: "utf8",
  });
  if (packed.status !== 0) throw new Error(packed.stderr);
  cpSync(join(folder, "comfyui"), join(folder, "custom_nodes/gpu-status-panel"), { recursive: true });
  cpSync(NODES, join(folder, "custom_nodes/test-nodes"), { recursive: true });
  prepare?.(folder);
  const gpu = fakeGpu(0, { "memory.used": 1000, "memory.total": 24_564 });
  const fake = createFakeNvidiaSmi({ gpus: [gpu] });
  const [port, panelPort] = [await freePort(), await freePort()];
  const pidFile = join(folder, "panel.pid");
  const command = join(folder, "panel.sh");
  const program = `"${process.execPath}" "${join(ROOT, "dist/server/main.js")}" --interval 250 "$@"`;
  writeFileSync(command, `#!/bin/sh\necho $$ > "${pidFile}"\nexec ${program}\n`, { mode: 0o755 });
  const options = ["--cpu", "--port", String(port), "--base-directory", folder];
  if (!withPartners) options.push("--disable-api-nodes");
  const database = ["--database-url", `sqlite:///${join(folder, "user/comfyui.db")}`];
  const process_ = spawn(PYTHON, ["main.py", ...options, ...database], {
    cwd: COMFYUI,
    env: {
      ...process.env,
      ...fake.env,
      PATH: [fake.env.PATH, process.env.PATH].join(delimiter),
      PYTHONPATH: join(ROOT, "python"),
      PYTHONDONTWRITEBYTECODE: "1",
      GPU_PANEL_COMMAND: command,
      GPU_PANEL_PORT: String(panelPort),
      GPU_PANEL_DATA_DIR: join(folder, "data"),
    },
  });
  let text = "";
  for (const stream of [process_.stdout, process_.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  const ended = new Promise((resolve) => process_.once("close", resolve));
  const url = `http://127.0.0.1:${port}/`;
  const panel = `http://127.0.0.1:${panelPort}/`;
  const panelPid = () => Number(readFileSync(pidFile, "utf8"));
  onTestFinished(async () => {
    process_.kill("SIGKILL");
    await ended;
    try {
      process.kill(panelPid(), "SIGKILL");
    } catch {
      // It has ended already.
    }
    fake.dispose();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const isUp = () =>
    fetch(`${url}gpu-status-panel/healthz`).then(
      ({ status }) => status === 200,
      () => false,
    );
  await waitUntil(isUp, { timeoutMs: 600_000, what: () => `ComfyUI with the panel: ${text.slice(-4000)}` });
  const letNoneStart = () => writeFileSync(command, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  return { url, panel, process: process_, fake, said: () => text, panelPid, letNoneStart, folder };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
