import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { hostsPython } from "../helpers/own-python.ts";
import { waitUntil } from "../helpers/wait-until.ts";
import { childrenOf } from "./children.ts";
import { MODELS, type ModelName, writeTinyModels } from "./tiny-models.ts";

/** The `ollama` of `OLLAMA_PATH` or of PATH; `null`: there is none, and nobody to fetch one from. */
export function findOllama(): string | null {
  const found = [process.env.OLLAMA_PATH ?? "", "ollama"].find(
    (path) => path !== "" && spawnSync(path, ["--help"]).status === 0,
  );
  return found ?? null;
}

export interface OllamaServer {
  url: string;
  /** Pids of its runners. */
  children(): number[];
  /** What it lists as loaded. */
  loaded(): Promise<{ name: string; context_length: number; expires_at: string }[]>;
  post(path: string, body: object): Promise<Response>;
  remove(model: ModelName): Promise<void>;
}

/** A real Ollama on the CPU, with its own folder of models, ended with the test. */
export async function startOllama(binary: string): Promise<OllamaServer> {
  const folder = mkdtempSync(join(tmpdir(), "gpu-panel-ollama-"));
  const files = writeTinyModels(folder, await hostsPython());
  const env = { ...process.env, HOME: folder, OLLAMA_MODELS: join(folder, "models") };
  const child = spawn(binary, ["serve"], { env: { ...env, OLLAMA_HOST: "127.0.0.1:0" } });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  });
  const place = await waitUntil(() => /Listening on ([\d.]+:\d+)/.exec(log)?.[1], {
    what: () => `Ollama to listen: ${log.slice(-500)}`,
  });
  MODELS.forEach((name, i) => {
    const file = join(folder, `${name}.modelfile`);
    writeFileSync(file, `FROM ${files[i]}\n`);
    execFileSync(binary, ["create", name, "-f", file], {
      env: { ...env, OLLAMA_HOST: place },
      stdio: "ignore",
    });
  });
  const url = `http://${place}`;
  const send = (method: string, path: string, body: object) =>
    fetch(`${url}${path}`, { method, body: JSON.stringify(body) });
  return {
    url,
    children: () => childrenOf(child.pid ?? 0),
    loaded: async () => (await (await fetch(`${url}/api/ps`)).json()).models,
    post: (path, body) => send("POST", path, body),
    async remove(model) {
      await send("DELETE", "/api/delete", { model });
    },
  };
}
