import type { BackendOptions } from "../../config/backend-options.ts";
import { A1111_ROW } from "./a1111.ts";
import type { AdapterRow } from "./adapter-row.ts";
import { COMFYUI_ROW } from "./comfyui.ts";
import { FORGE_ROW } from "./forge.ts";
import { GRADIO_ROW } from "./gradio.ts";
import { HTTP_ROW } from "./http.ts";
import { INVOKEAI_ROW } from "./invokeai.ts";
import { LLAMACPP_ROW } from "./llamacpp.ts";
import { LMSTUDIO_ROW } from "./lmstudio.ts";
import { OLLAMA_ROW } from "./ollama.ts";
import { SDNEXT_ROW } from "./sdnext.ts";
import { SWARMUI_ROW } from "./swarmui.ts";
import { VLLM_ROW } from "./vllm.ts";

/** What each adapter does, as docs/backends.md prints it. */
export const ADAPTER_ROWS: Readonly<Record<BackendOptions["kind"], AdapterRow>> = {
  comfyui: COMFYUI_ROW,
  a1111: A1111_ROW,
  forge: FORGE_ROW,
  sdnext: SDNEXT_ROW,
  swarmui: SWARMUI_ROW,
  gradio: GRADIO_ROW,
  ollama: OLLAMA_ROW,
  vllm: VLLM_ROW,
  llamacpp: LLAMACPP_ROW,
  lmstudio: LMSTUDIO_ROW,
  invokeai: INVOKEAI_ROW,
  http: HTTP_ROW,
};
