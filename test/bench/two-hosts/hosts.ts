import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { createFakeNvidiaSmi, type FakeNvidiaSmi, fakeGpu } from "../../helpers/fake-nvidia-smi.ts";
import { gradioRequirements } from "../../helpers/find-gradio.ts";
import { beginPython, WHOLE } from "../../helpers/find-python.ts";
import { type RunningSidecar, startSidecar } from "../../helpers/sidecar.ts";
import { waitUntil } from "../../helpers/wait-until.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const HERE = fileURLToPath(new URL(".", import.meta.url));

/** A card, the built sidecar and two real hosts on it. */
export interface TwoHosts {
  /** Where curves are put and events are written. */
  folder: string;
  sidecar: RunningSidecar;
  gradio: string;
  comfyui: string;
  said(): string;
  close(): Promise<void>;
}

/**
 * @param scale how many times faster jobs pass than they would
 * @param comfy a checkout of ComfyUI, and a Python that has its requirements
 * @param profiles what the sidecar's configuration names
 */
export async function startTwoHosts(
  totalMiB: number,
  scale: number,
  comfy: { dir: string; python: string },
  profiles: readonly object[] = [],
): Promise<TwoHosts> {
  const python = beginPython(join(ROOT, gradioRequirements(6)), "Gradio 6 with what it brings");
  const whole = join(python, "../..", WHOLE);
  await waitUntil(() => existsSync(whole), { timeoutMs: 600_000, what: `${whole}: Gradio 6 from PyPI` });
  const fake = createFakeNvidiaSmi({
    gpus: [
      fakeGpu(0, {
        name: "NVIDIA RTX A6000",
        "memory.total": totalMiB,
        "memory.used": 80,
        "memory.reserved": 300,
      }),
    ],
  });
  const folder = mkdtempSync(join(tmpdir(), "gpu-panel-two-hosts-"));
  mkdirSync(join(folder, "jobs"));
  const config = join(folder, "config.json");
  writeFileSync(config, JSON.stringify({ profiles }));
  const sidecar = await startSidecar(["--backend", "none", "--config", config], {
    ...fake.env,
    GPU_PANEL_DATA_DIR: join(folder, "data"),
  });
  const env = {
    ...process.env,
    ...fake.env,
    PATH: [fake.env.PATH, process.env.PATH].join(delimiter),
    HOME: folder,
    PYTHONPATH: [HERE, join(ROOT, "python")].join(delimiter),
    PYTHONDONTWRITEBYTECODE: "1",
    GRADIO_ANALYTICS_ENABLED: "False",
    HF_HUB_OFFLINE: "1",
    GPU_PANEL_URL: sidecar.url,
    GPU_PANEL_DATA_DIR: join(folder, "data"),
    GPU_PANEL_COMFYUI_GATE: "1",
    ...{ CARD_DIR: folder, CARD_MODULE: HERE, CARD_TOTAL_MIB: String(totalMiB), CARD_SCALE: String(scale) },
  };
  const ports = { gradio: await freePort(), comfyui: await freePort() };
  const base = comfyFolder(folder);
  cpSync(join(HERE, "comfyui-nodes"), join(base, "custom_nodes/bench"), { recursive: true });
  const database = `sqlite:///${join(base, "user/comfyui.db")}`;
  const comfyArgs = [
    "main.py",
    "--cpu",
    "--port",
    String(ports.comfyui),
    "--disable-api-nodes",
    "--base-directory",
    base,
    "--database-url",
    database,
  ];
  let text = "";
  const start = (command: string, args: string[], cwd: string) => {
    const child = spawn(command, args, { cwd, env: { ...env, GRADIO_SERVER_PORT: String(ports.gradio) } });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        text = `${text}${chunk}`.slice(-20_000);
      });
    return child;
  };
  const children = [
    start(python, [join(HERE, "gradio_host.py")], folder),
    start(comfy.python, comfyArgs, comfy.dir),
  ];
  const gradio = `http://127.0.0.1:${ports.gradio}/`;
  const comfyui = `http://127.0.0.1:${ports.comfyui}/`;
  const made = {
    folder,
    sidecar,
    gradio,
    comfyui,
    said: () => text,
    close: () => closeAll(children, sidecar, fake),
  };
  try {
    await isUp(`${gradio}gradio_api/gpu/healthz`, () => text);
    await isUp(`${comfyui}gpu-status-panel/healthz`, () => text);
    // Both have told of their hooks.
    await waitUntil(async () => (await backendsOf(sidecar.url)).length === 2, {
      what: "both hosts to be known",
    });
  } catch (error) {
    await made.close();
    throw error;
  }
  return made;
}

/** ComfyUI's base folder with the pack as `npm run packs` writes it. */
export function comfyFolder(folder: string): string {
  const base = join(folder, "comfyui");
  for (const name of ["custom_nodes", "models", "input", "output", "user", "temp"])
    mkdirSync(join(base, name), { recursive: true });
  const packed = spawnSync(process.execPath, [join(ROOT, "build/packs/main.mjs"), join(folder, "packs")], {
    encoding: "utf8",
  });
  if (packed.status !== 0) throw new Error(packed.stderr);
  cpSync(join(folder, "packs/comfyui"), join(base, "custom_nodes/gpu-status-panel"), { recursive: true });
  return base;
}

const stateSchema = v.object({ state: v.object({ backends: v.array(v.object({ id: v.string() })) }) });

async function backendsOf(url: string) {
  return v.parse(stateSchema, await (await fetch(`${url}api/v1/state`)).json()).state.backends;
}

async function isUp(url: string, said: () => string): Promise<void> {
  const answers = () =>
    fetch(url).then(
      ({ status }) => status === 200,
      () => false,
    );
  await waitUntil(answers, {
    timeoutMs: 240_000,
    everyMs: 500,
    what: () => `${url}: ${said().slice(-4000)}`,
  });
}

async function closeAll(
  children: readonly ChildProcess[],
  sidecar: RunningSidecar,
  fake: FakeNvidiaSmi,
): Promise<void> {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }
  await sidecar.end();
  fake.dispose();
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
