import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import type { AdapterOptions } from "./adapter-options.ts";
import type { AdapterRow } from "./adapter-row.ts";
import type { Backend, StatusOutcome, UnloadOutcome } from "./backend.ts";
import { type Answer, type CallFailure, readAnswer, unreadable } from "./call.ts";
import { createKeyedCaller } from "./keyed-caller.ts";
import { unloadEach } from "./unload-each.ts";

/** Every model on disk is listed, each with its description. */
const LARGEST_LIST_BYTES = 1024 * 1024;
const REMEDY = "Update LM Studio to 0.4 or newer: older ones have no API to unload.";

const listSchema = v.object({
  models: v.array(v.object({ loaded_instances: v.array(v.object({ id: v.string() })) })),
});
const unloadedSchema = v.object({ instance_id: v.string() });
const errorSchema = v.object({ error: v.unknown() });

/**
 * LM Studio. A model can be loaded several times, and each instance is unloaded by itself, which cuts off what it
 * is generating; it does not tell whether it is. `size_bytes` is that of the file and no figure for VRAM.
 */
export function createLmStudioBackend(options: AdapterOptions<"lmstudio">): Backend {
  const call = createKeyedCaller(options);
  const { statusTimeoutMs: timeoutMs } = options;

  async function instances(signal: AbortSignal): Promise<{ kind: "instances"; ids: string[] } | CallFailure> {
    const answer = await call("/api/v1/models", signal, { timeoutMs, largestBytes: LARGEST_LIST_BYTES });
    if (answer.kind === "failed") return explained(answer);
    const said = readAnswer(answer, listSchema);
    if (said === null) return notUnderstood(answer);
    const ids = said.models.flatMap(({ loaded_instances: loaded }) => loaded.map(({ id }) => id));
    return { kind: "instances", ids };
  }

  async function status(signal: AbortSignal): Promise<StatusOutcome> {
    const found = await instances(signal);
    if (found.kind === "failed") return found;
    const models = found.ids.map((name) => ({ name, usedMiB: null }));
    return { kind: "status", status: { busy: null, queue: null, models, allocator: null } };
  }

  async function unload(_mode: unknown, signal: AbortSignal): Promise<UnloadOutcome> {
    const found = await instances(signal);
    if (found.kind === "failed") return found;
    return unloadEach(found.ids, async (id) => {
      const json = { instance_id: id };
      const answer = await call("/api/v1/models/unload", signal, { method: "POST", json });
      // 404: it is gone since it was listed.
      if (answer.kind === "failed") return answer.status === 404 ? { kind: "accepted" } : answer;
      if (answer.text === null || readAnswer(answer, unloadedSchema) !== null) return { kind: "accepted" };
      return notUnderstood(answer);
    });
  }

  return {
    id: options.id,
    kind: "lmstudio",
    url: options.url,
    modes: ["auto", "now"],
    duringJob: "ends-jobs",
    status,
    unload,
  };
}

function explained(failure: CallFailure): CallFailure {
  return failure.status === 404 ? { ...failure, problem: noApi() } : failure;
}

/** LM Studio answers what it does not know with 200 and an error inside. */
function notUnderstood(answer: Answer): CallFailure {
  const { status } = answer;
  if (readAnswer(answer, errorSchema) === null) return { ...unreadable("lmstudio"), status };
  return { kind: "failed", problem: noApi(), reached: true, status };
}

function noApi() {
  return problem("backend-no-api", { remedy: REMEDY });
}

export const LMSTUDIO_ROW: AdapterRow = {
  status: "`GET /api/v1/models`",
  busy: null,
  unload: "`POST /api/v1/models/unload` for each instance",
  load: null,
  cancel: null,
  hold: null,
  touches: "no model, no GPU",
};
