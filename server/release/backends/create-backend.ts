import type { BackendOptions } from "../../config/backend-options.ts";
import type { Timings } from "../../timings.ts";
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
export function createBackend(
  options: BackendOptions,
  { backends: timings, patience }: Pick<Timings, "backends" | "patience">,
): Backend {
  const shared = {
    id: options.id ?? options.kind,
    statusTimeoutMs: Math.min(patience.statusMs, options.timeoutMs),
    loadTimeoutMs: Math.max(patience.loadMs, options.timeoutMs),
  };
  switch (options.kind) {
    case "comfyui":
      return createComfyUiBackend({
        ...options,
        ...shared,
        socket: { ...timings, handshakeMs: patience.handshakeMs },
      });
    case "a1111":
      return createA1111Backend({ ...options, ...shared });
    case "forge":
      return createForgeBackend({ ...options, ...shared });
    case "sdnext":
      return createSdNextBackend({ ...options, ...shared });
    case "swarmui":
      return createSwarmUiBackend({ ...options, ...shared });
    case "gradio":
      return createGradioBackend({ ...options, ...shared });
    case "ollama":
      return createOllamaBackend({ ...options, ...shared });
    case "vllm":
      return createVllmBackend({ ...options, ...shared });
    case "llamacpp":
      return createLlamaCppBackend({ ...options, ...shared, timings });
    case "lmstudio":
      return createLmStudioBackend({ ...options, ...shared });
    case "invokeai":
      return createInvokeAiBackend({ ...options, ...shared });
    case "http":
      return createHttpBackend({ ...options, ...shared });
  }
}
