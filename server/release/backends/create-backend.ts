import type { BackendOptions } from "../../config/backend-options.ts";
import { createA1111Backend } from "./a1111.ts";
import type { Backend } from "./backend.ts";
import { createComfyUiBackend } from "./comfyui.ts";
import { createForgeBackend } from "./forge.ts";
import { createGradioBackend } from "./gradio.ts";
import { createHttpBackend } from "./http.ts";
import { createInvokeAiBackend } from "./invokeai.ts";
import { createLlamaCppBackend } from "./llamacpp.ts";
import { createLmStudioBackend } from "./lmstudio.ts";
import { createOllamaBackend } from "./ollama.ts";
import { createSdNextBackend } from "./sdnext.ts";
import { createSwarmUiBackend } from "./swarmui.ts";
import { createVllmBackend } from "./vllm.ts";

/** The adapter for a backend of the config. */
export function createBackend(options: BackendOptions): Backend {
  const id = options.id ?? options.kind;
  switch (options.kind) {
    case "comfyui":
      return createComfyUiBackend({ ...options, id });
    case "a1111":
      return createA1111Backend({ ...options, id });
    case "forge":
      return createForgeBackend({ ...options, id });
    case "sdnext":
      return createSdNextBackend({ ...options, id });
    case "swarmui":
      return createSwarmUiBackend({ ...options, id });
    case "gradio":
      return createGradioBackend({ ...options, id });
    case "ollama":
      return createOllamaBackend({ ...options, id });
    case "vllm":
      return createVllmBackend({ ...options, id });
    case "llamacpp":
      return createLlamaCppBackend({ ...options, id });
    case "lmstudio":
      return createLmStudioBackend({ ...options, id });
    case "invokeai":
      return createInvokeAiBackend({ ...options, id });
    case "http":
      return createHttpBackend({ ...options, id });
  }
}
