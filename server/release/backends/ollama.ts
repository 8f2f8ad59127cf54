import * as v from "valibot";
import type { BackendModel } from "../../../shared/release/backend.ts";
import type { AdapterOptions } from "./adapter-options.ts";
import type { AdapterRow } from "./adapter-row.ts";
import type { Backend, StatusOutcome, UnloadOutcome } from "./backend.ts";
import { type CallFailure, readAnswer, unreadable } from "./call.ts";
import { createKeyedCaller } from "./keyed-caller.ts";
import { unloadEach } from "./unload-each.ts";

const MIB = 1024 * 1024;
/** Each model comes with its details. */
const LARGEST_LIST_BYTES = 256 * 1024;

const listSchema = v.object({
  models: v.array(
    v.object({
      name: v.string(),
      /** Bytes, by Ollama's own estimate. */
      size_vram: v.nullish(v.pipe(v.number(), v.minValue(0)), null),
    }),
  ),
});

/**
 * Ollama. It says yes to every unload at once, loaded or not: an idle runner is stopped then, one in use as soon
 * as its last request has ended. Whether a request runs it does not tell.
 */
export function createOllamaBackend(options: AdapterOptions<"ollama">): Backend {
  const call = createKeyedCaller(options);
  const { statusTimeoutMs: timeoutMs } = options;

  async function list(signal: AbortSignal): Promise<{ kind: "models"; models: BackendModel[] } | Failed> {
    const answer = await call("/api/ps", signal, { timeoutMs, largestBytes: LARGEST_LIST_BYTES });
    if (answer.kind === "failed") return answer;
    const said = readAnswer(answer, listSchema);
    if (said === null) return unreadable("ollama");
    const models = said.models.map(({ name, size_vram: bytes }) => ({
      name,
      usedMiB: bytes === null ? null : Math.round(bytes / MIB),
    }));
    return { kind: "models", models };
  }

  async function status(signal: AbortSignal): Promise<StatusOutcome> {
    const listed = await list(signal);
    if (listed.kind === "failed") return listed;
    return { kind: "status", status: { busy: null, queue: null, models: listed.models, allocator: null } };
  }

  async function unload(_mode: unknown, signal: AbortSignal): Promise<UnloadOutcome> {
    const listed = await list(signal);
    if (listed.kind === "failed") return listed;
    return unloadEach(
      listed.models.map(({ name }) => name),
      async (model) => {
        // Without `keep_alive` the same call would load the model.
        const json = { model, keep_alive: 0 };
        const answer = await call("/api/generate", signal, { method: "POST", json });
        return answer.kind === "failed" ? answer : { kind: "accepted" };
      },
    );
  }

  return {
    id: options.id,
    kind: "ollama",
    url: options.url,
    modes: ["auto", "now"],
    duringJob: "spared",
    status,
    unload,
  };
}

type Failed = Pick<CallFailure, "kind" | "problem" | "reached">;

export const OLLAMA_ROW: AdapterRow = {
  status: "`GET /api/ps`",
  busy: null,
  unload: "`POST /api/generate` with `keep_alive: 0` for each",
  load: null,
  cancel: null,
  hold: null,
  touches: "no model, no GPU",
};
