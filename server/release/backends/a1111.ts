import type { Backend } from "./backend.ts";
import { createWebUiBackend } from "./forge.ts";
import { createSdApi, type SdApiOptions } from "./sdapi.ts";

/**
 * AUTOMATIC1111. An unload parks the model in host memory, from where nothing brings it back by itself: the next
 * job fails unless `reload-checkpoint` was called before it.
 */
export function createA1111Backend(options: SdApiOptions): Backend {
  const api = createSdApi(options);
  return {
    ...createWebUiBackend(options, api),
    prepare: (signal) => api.post("reload-checkpoint", signal),
  };
}
