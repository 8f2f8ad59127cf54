import type { AdapterRow } from "./adapter-row.ts";
import type { Backend } from "./backend.ts";
import { createWebUiBackend, FORGE_ROW } from "./forge.ts";
import { createSdApi, type SdApiOptions } from "./sdapi.ts";

/**
 * AUTOMATIC1111. An unload parks the model in host memory, from where nothing brings it back by itself: the next
 * job fails unless `reload-checkpoint` was called before it.
 */
export function createA1111Backend(options: SdApiOptions): Backend {
  const api = createSdApi(options);
  return {
    ...createWebUiBackend(options, api),
    load: (signal) => api.post("reload-checkpoint", signal),
    parks: true,
  };
}

export const A1111_ROW: AdapterRow = { ...FORGE_ROW, load: "`POST /sdapi/v1/reload-checkpoint`" };
