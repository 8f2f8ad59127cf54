import * as v from "valibot";
import type { BackendOptions } from "../config/backend-options.ts";

export type FindableKind = Exclude<BackendOptions["kind"], "http">;

/** What an answer says of the program behind a port. */
export interface Recognised {
  kind: FindableKind;
  /** It can be asked to unload. */
  adoptable: boolean;
}

/** One harmless request by which a kind is known: it neither touches a GPU nor loads or wakes a model. */
export interface Greeting {
  kind: FindableKind;
  path: string;
  /** @param text the answer, or its beginning */
  reads(text: string): Recognised | null;
}

const version = v.strictObject({
  version: v.pipe(v.string(), v.regex(/^\d+\.\d+/)),
  highlights: v.optional(v.unknown()),
});
const models = (owner: string, more: v.ObjectEntries = {}) =>
  v.object({ data: v.pipe(v.array(v.object({ owned_by: v.literal(owner), ...more })), v.minLength(1)) });
const nonEmpty = <T extends v.GenericSchema>(schema: T) => v.pipe(v.array(schema), v.minLength(1));

/**
 * In the order in which they are asked: those that are known surely come before those that others are built on. ComfyUI
 * `/prompt` counts jobs; `/v1/models` names vLLM and llama.cpp as owners (with `status` in router mode, which alone can
 * unload), `/sdapi/v1/status` is SD.Next's own, `sd-modules` Forge's; A1111 answers with its table of upscalers.
 */
export const GREETINGS: readonly Greeting[] = [
  json("comfyui", "/prompt", v.object({ exec_info: v.object({ queue_remaining: v.number() }) })),
  json("ollama", "/api/version", version),
  json("vllm", "/v1/models", models("vllm")),
  json("llamacpp", "/models", models("llamacpp", { status: v.object({ value: v.string() }) })),
  json(
    "lmstudio",
    "/api/v1/models",
    v.object({ models: nonEmpty(v.object({ key: v.string(), loaded_instances: v.array(v.unknown()) })) }),
  ),
  json("invokeai", "/api/v1/app/version", version),
  json("sdnext", "/sdapi/v1/status", v.object({ status: v.string(), task: v.string(), queued: v.number() })),
  json("forge", "/sdapi/v1/sd-modules", v.array(v.object({ model_name: v.string(), filename: v.string() }))),
  json(
    "a1111",
    "/sdapi/v1/latent-upscale-modes",
    v.pipe(
      v.array(v.object({ name: v.string() })),
      v.someItem(({ name }) => name === "Latent (antialiased)"),
    ),
  ),
  {
    kind: "swarmui",
    path: "/Text2Image",
    reads: (text) =>
      /<title>[^<]{0,100}- SwarmUI<\/title>/.test(text) ? { kind: "swarmui", adoptable: true } : null,
  },
  { kind: "gradio", path: "/config", reads: readGradio },
];

/** The kind's usual ports: asked although no process on a GPU is seen to listen there. */
export const USUAL_PORTS: Readonly<Record<FindableKind, readonly number[]>> = {
  comfyui: [8188],
  ollama: [11_434],
  vllm: [8000],
  llamacpp: [8080],
  lmstudio: [1234],
  invokeai: [9090],
  sdnext: [7860],
  forge: [7860],
  a1111: [7860],
  swarmui: [7801],
  gradio: [7860],
};

function json(kind: FindableKind, path: string, schema: v.GenericSchema): Greeting {
  return {
    kind,
    path,
    reads(text) {
      try {
        return v.is(schema, JSON.parse(text)) ? { kind, adoptable: true } : null;
      } catch {
        return null;
      }
    },
  };
}

/** The config of a Gradio app may be long: its beginning tells, and whether one of its functions is called `unload`. */
function readGradio(text: string): Recognised | null {
  const isConfig =
    /^\{"version":\s*"\d+\.\d+/.test(text) && /"(?:mode|api_prefix|is_space|dev_mode)":/.test(text);
  return isConfig ? { kind: "gradio", adoptable: /"api_name":\s*"\/?unload"/.test(text) } : null;
}
