import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFakeNvidiaSmi } from "../../helpers/fake-nvidia-smi.ts";
import { type OwnProgram, type ProgramOptions, startOwnProgram } from "../../helpers/shared-card.ts";
import { type RunningSidecar, startSidecar, TIME_SCALE } from "../../helpers/sidecar.ts";
import { type LlamaServer, launchLlamaServer } from "../../hosts/llama-process.ts";
import { CARD, type Card, createCard, MODEL_MIB, RENDER_MIB } from "./card.ts";

/** A real llama-server and the stand-in for a renderer on one simulated card, beside the built sidecar. */
export interface World {
  sidecar: RunningSidecar;
  llama: LlamaServer;
  render: OwnProgram;
  card: Card;
  /** Is the hand-over switched on, and do people declare what they want? */
  shares: boolean;
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
}

const LOOK_MS = 20;

export async function startWorld({ shares, python, scale, unload, autoload }: WorldOptions): Promise<World> {
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
      flags: shares && !autoload ? ["--no-models-autoload"] : [],
    });
    ends.unshift(llama.close);
    let refresh = () => {};
    const render = await startOwnProgram({ modelMiB: RENDER_MIB, loadMs: 1500, unload }, () => refresh());
    ends.unshift(render.close);
    let working = 0;
    const card = createCard(fake, {
      works: () => working > 0,
      holdings: () => [
        ...llama.children().map((pid) => ({ pid, name: "llama-server", mib: MODEL_MIB })),
        { pid: render.pid, name: "renderer", mib: render.heldMiB() },
      ],
      runOut({ pid, name }) {
        if (name === "llama-server") process.kill(pid, "SIGKILL");
        else void fetch(`${render.url}/out-of-memory`, { method: "POST" }).catch(() => {});
      },
    });
    refresh = card.refresh;
    const look = setInterval(refresh, LOOK_MS);
    ends.unshift(() => clearInterval(look));
    await llama.load("alpha");
    refresh();
    const config = join(folder, "gpu-panel.config.json");
    writeFileSync(config, JSON.stringify(settingsOf({ shares, scale }, llama, render)));
    const sidecar = await startSidecar(["--config", config], {
      ...fake.env,
      GPU_PANEL_DATA_DIR: join(folder, "data"),
      ...(scale === 1 ? {} : { [TIME_SCALE]: String(scale) }),
    });
    ends.unshift(() => sidecar.end());
    return {
      ...{ sidecar, llama, render, card, shares, close },
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
  render: OwnProgram,
) {
  return {
    ...(shares ? { home: "llamacpp", homeAfterSeconds: 20, minTurnSeconds: 10 } : {}),
    interval: Math.max(200, 1000 / scale),
    findBackends: false,
    backends: [{ kind: "llamacpp", id: "llamacpp", url: llama.url }, render.options("renderer")],
  };
}
