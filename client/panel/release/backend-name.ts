import type { BackendKind, BackendState } from "../../../shared/release/backend.ts";

/** How the backends call themselves. */
const NAMES: Readonly<Record<Exclude<BackendKind, "http" | "demo">, string>> = {
  comfyui: "ComfyUI",
  a1111: "A1111",
  forge: "Forge",
  sdnext: "SD.Next",
  swarmui: "SwarmUI",
  gradio: "Gradio",
  ollama: "Ollama",
  vllm: "vLLM",
  llamacpp: "llama.cpp",
  lmstudio: "LM Studio",
  invokeai: "InvokeAI",
};

/** A backend's name for people: the one it was given in the config, else its kind's. */
export function backendName({ id, kind }: Pick<BackendState, "id" | "kind">): string {
  const names: Readonly<Record<string, string>> = NAMES;
  return id === kind ? (names[kind] ?? id) : id;
}

/** The same by id alone. */
export function backendNameOf(id: string | null, backends: readonly BackendState[]): string {
  const found = backends.find((backend) => backend.id === id);
  return found === undefined ? (id ?? "") : backendName(found);
}
