import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { waitUntil } from "../../helpers/wait-until.ts";
import { comfyFolder, freePort } from "../two-hosts/hosts.ts";
import { RENDER_MIB } from "./card.ts";
import type { Said } from "./people.ts";
import { LOAD_MS, type Renderer } from "./renderer.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const NODES = fileURLToPath(new URL("comfyui-nodes", import.meta.url));
const CONTEXT_MIB = 400;
const heldSchema = v.object({ mib: v.number(), works: v.boolean() });
const queuedSchema = v.object({ prompt_id: v.string() });
const pastSchema = v.record(
  v.string(),
  v.object({
    status: v.object({ status_str: v.string(), messages: v.array(v.tuple([v.string(), v.unknown()])) }),
    outputs: v.record(v.string(), v.object({ began: v.optional(v.array(v.number())) })),
  }),
);
const queueSchema = v.object({
  queue_running: v.array(v.looseTuple([v.unknown(), v.string()])),
  queue_pending: v.array(v.looseTuple([v.unknown(), v.string()])),
});
const NODE = "2";
const LOOK_MS = 200;

/** A checkout of ComfyUI, and a Python that has its requirements. */
export interface ComfyUiPlace {
  dir: string;
  python: string;
}

/**
 * A real ComfyUI with the pack, on the CPU: what it holds is a stand-in allocator's, which a node of the bench plays.
 * @param isGated its queue waits for room
 */
export async function createComfyUi(
  folder: string,
  { dir, python }: ComfyUiPlace,
  { isGated, env, refresh }: { isGated: boolean; env: NodeJS.ProcessEnv; refresh: () => void },
): Promise<Renderer> {
  const base = comfyFolder(folder);
  mkdirSync(join(base, "custom_nodes/bench-hand-over"));
  cpSync(NODES, join(base, "custom_nodes/bench-hand-over"), { recursive: true });
  const url = `http://127.0.0.1:${await freePort()}`;
  let child: ChildProcess | null = null;
  let said = "";
  let seed = 0;

  function held() {
    try {
      return v.parse(heldSchema, JSON.parse(readFileSync(join(folder, "held.json"), "utf8")));
    } catch {
      return { mib: 0, works: false };
    }
  }

  function start(sidecarUrl: string) {
    const started = spawn(
      python,
      [
        ...["main.py", "--cpu", "--port", new URL(url).port, "--disable-api-nodes", "--base-directory", base],
        ...["--database-url", `sqlite:///${join(base, "user/comfyui.db")}`],
      ],
      {
        cwd: dir,
        env: {
          ...{ ...process.env, ...env },
          PATH: [env.PATH, process.env.PATH].join(delimiter),
          HOME: folder,
          PYTHONPATH: join(ROOT, "python"),
          PYTHONDONTWRITEBYTECODE: "1",
          GPU_PANEL_URL: sidecarUrl,
          GPU_PANEL_DATA_DIR: join(folder, "data"),
          GPU_PANEL_COMFYUI_GATE: isGated ? "1" : "0",
          ...{
            BENCH_FOLDER: folder,
            BENCH_RENDER_MIB: String(RENDER_MIB),
            BENCH_LOAD_S: String(LOAD_MS / 1000),
          },
        },
      },
    );
    for (const stream of [started.stdout, started.stderr])
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        said = `${said}${chunk}`.slice(-20_000);
      });
    child = started;
  }

  async function ask<S extends v.GenericSchema>(path: string, schema: S, body?: object) {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${url}${path}`, {
      ...(body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text.slice(0, 300)}`);
    return v.parse(schema, text === "" ? null : JSON.parse(text));
  }

  const queue = (ms: number) =>
    ask("/prompt", queuedSchema, {
      client_id: `person-${++seed}`,
      prompt: {
        1: { class_type: "EmptyLatentImage", inputs: { width: 832, height: 480, batch_size: 1 } },
        [NODE]: {
          class_type: "BenchRender",
          inputs: { seconds: ms / 1000, seed, unet_name: "wan_fp16.safetensors", latent_image: ["1", 0] },
        },
      },
    });

  /** The prompts that run or wait; asked for all who wait together. */
  let queued: { atMs: number; ids: Promise<ReadonlySet<string>> } = {
    atMs: 0,
    ids: Promise.resolve(new Set()),
  };
  async function queuedNow(): Promise<ReadonlySet<string>> {
    const { queue_running: running, queue_pending: pending } = await ask("/queue", queueSchema);
    return new Set([...running, ...pending].map(([, id]) => id));
  }
  function isQueued(id: string): Promise<boolean> {
    if (Date.now() - queued.atMs > LOOK_MS / 2) queued = { atMs: Date.now(), ids: queuedNow() };
    return queued.ids.then((ids) => ids.has(id));
  }

  /** What came of it; `null`: it was taken out of the queue. */
  async function outcomeOf(id: string, askedMs: number, isPage: boolean): Promise<Said | null> {
    const past = (await ask(`/history/${id}`, pastSchema))[id];
    if (past === undefined) return null;
    const [beganMs = askedMs] = past.outputs[NODE]?.began ?? [];
    const waitedMs = Math.max(0, beganMs - askedMs);
    if (past.status.status_str === "success") return { outcome: "done", waitedMs };
    const said = JSON.stringify(past.status.messages.at(-1)).slice(0, 300);
    return { outcome: isPage ? "hit" : "failed", waitedMs, said };
  }

  async function render(ms: number, { isPage, over }: { isPage: boolean; over: AbortSignal }): Promise<Said> {
    const askedMs = Date.now();
    const { prompt_id: id } = await queue(ms);
    do {
      await sleep(LOOK_MS);
      // What runs by the end is let end; what waits is not waited for.
      if (over.aborted) await ask("/queue", v.unknown(), { delete: [id] });
    } while (await isQueued(id));
    return (await outcomeOf(id, askedMs, isPage)) ?? { outcome: "waits", waitedMs: Date.now() - askedMs };
  }

  return {
    pid: () => child?.pid ?? 0,
    heldMiB: () => held().mib,
    works: () => held().works,
    settings: [],
    async begin(sidecarUrl) {
      start(sidecarUrl);
      const isUp = () =>
        fetch(`${url}/gpu-status-panel/healthz`).then(
          ({ status }) => status === 200,
          () => false,
        );
      await waitUntil(isUp, {
        timeoutMs: 300_000,
        everyMs: 500,
        what: () => `ComfyUI: ${said.slice(-4000)}`,
      });
      // It has rendered before: what such a prompt takes is known here.
      const first = await render(1000, { isPage: false, over: new AbortController().signal });
      if (first.outcome !== "done") throw new Error(`the first prompt: ${first.said}`);
      await ask("/free", v.unknown(), { unload_models: true, free_memory: true });
      await waitUntil(() => held().mib <= CONTEXT_MIB, { timeoutMs: 60_000, what: "ComfyUI to unload" });
      refresh();
    },
    runOut: () => writeFileSync(join(folder, "run-out"), ""),
    declares: true,
    render,
    async close() {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child?.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
    },
  };
}
