import type { BackendOptions } from "../../config/backend-options.ts";
import { createA1111Backend } from "./a1111.ts";
import type { Backend } from "./backend.ts";
import { createComfyUiBackend } from "./comfyui.ts";
import { createForgeBackend } from "./forge.ts";
import { createHttpBackend } from "./http.ts";
import { createSdNextBackend } from "./sdnext.ts";
import { createSwarmUiBackend } from "./swarmui.ts";

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
    case "http":
      return createHttpBackend({ ...options, id });
    default:
      throw new Error(`${options.kind}: not built yet`);
  }
}
