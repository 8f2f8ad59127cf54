import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFakeNvidiaSmi } from "../../helpers/fake-nvidia-smi.ts";
import type { ProgramOptions } from "../../helpers/shared-card.ts";
import { type RunningSidecar, startSidecar, TIME_SCALE } from "../../helpers/sidecar.ts";
import { type LlamaServer, launchLlamaServer } from "../../hosts/llama-process.ts";
import { CARD, type Card, createCard, MODEL_MIB } from "./card.ts";
import { type ComfyUiPlace, createComfyUi } from "./comfyui.ts";
import { type Renderer, startStandIn } from "./renderer.ts";

/** A real llama-server and a renderer on one simulated card, beside the built sidecar. */
export interface World {
  sidecar: RunningSidecar;
  llama: LlamaServer;
  render: Renderer;
  card: Card;
  /** Is the hand-over switched on, and do people declare what they want? */
  shares: boolean;
  /** Whoever asks for a model that has left is told so, in place of loading it over others. */
  isTold: boolean;
  /** While it goes on the card is busy. */
  working<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface WorldOptions {
  shares: boolean;
  python: string;
  /** How many times faster the rules' times pass. */
  scale: number;
  /** What an unload in the middle of a job does to the renderer. */
  unload: NonNullable<ProgramOptions["unload"]>;
  /** llama-server loads a model for whoever asks, as it does by default, and without hand-over always. */
  autoload: boolean;
  /** The renderer is a real ComfyUI; `null`: our stand-in. */
  comfyui: ComfyUiPlace | null;
}

const LOOK_MS = 20;

export async function startWorld(options: WorldOptions): Promise<World> {
  const { shares, python, scale, unload, autoload } = options;
  const isTold = shares && !autoload;
  const folder = mkdtempSync(join(tmpdir(), "gpu-panel-hand-over-"));
  const fake = createFakeNvidiaSmi({ gpus: [CARD] });
  const ends: (() => unknown)[] = [
    () => fake.dispose(),
    () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  ];
  const close = async () => {
    for (const end of ends.splice(0)) await end();
  };
  try {
    // Who shares a card does not load over whoever works: a page asks for what is loaded, or is told that it is not.
    const llama = await launchLlamaServer(python, {
      flags: isTold ? ["--no-models-autoload"] : [],
    });
    ends.unshift(llama.close);
    let refresh = () => {};
    const render =
      options.comfyui === null
        ? await startStandIn(unload, () => refresh())
        : await createComfyUi(folder, options.comfyui, {
            ...{ isGated: shares, env: fake.env, refresh: () => refresh() },
          });
    ends.unshift(render.close);
    let working = 0;
    const card = createCard(fake, {
      works: () => working > 0 || render.works(),
      holdings: () => [
        ...llama.children().map((pid) => ({ pid, name: "llama-server", mib: MODEL_MIB })),
        { pid: render.pid(), name: "renderer", mib: render.heldMiB() },
      ],
      runOut({ pid, name }) {
        if (name === "llama-server") process.kill(pid, "SIGKILL");
        else render.runOut();
      },
    });
    refresh = card.refresh;
    const look = setInterval(refresh, LOOK_MS);
    ends.unshift(() => clearInterval(look));
    refresh();
    const config = join(folder, "gpu-panel.config.json");
    writeFileSync(config, JSON.stringify(settingsOf({ shares, scale }, llama, render)));
    const sidecar = await startSidecar(["--config", config], {
      ...fake.env,
      GPU_PANEL_DATA_DIR: join(folder, "data"),
      ...(scale === 1 ? {} : { [TIME_SCALE]: String(scale) }),
    });
    ends.unshift(() => sidecar.end());
    // Before the sidecar: a host whose sidecar has gone starts one.
    ends.unshift(render.close);
    await render.begin(sidecar.url);
    await llama.load("alpha");
    refresh();
    return {
      ...{ sidecar, llama, render, card, shares, isTold, close },
      async working(work) {
        working++;
        refresh();
        try {
          return await work();
        } finally {
          working--;
          refresh();
        }
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function settingsOf(
  { shares, scale }: Pick<WorldOptions, "shares" | "scale">,
  llama: LlamaServer,
  render: Renderer,
) {
  return {
    ...(shares ? { home: "llamacpp", homeAfterSeconds: 20, minTurnSeconds: 10 } : {}),
    interval: Math.max(200, 1000 / scale),
    findBackends: false,
    backends: [{ kind: "llamacpp", id: "llamacpp", url: llama.url }, ...render.settings],
  };
}
