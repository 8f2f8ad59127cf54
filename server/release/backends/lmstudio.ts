import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import type { AdapterOptions } from "./adapter-options.ts";
import type { AdapterRow } from "./adapter-row.ts";
import type { Backend, CallOutcome, StatusOutcome, UnloadOutcome } from "./backend.ts";
import { type Answer, type CallFailure, readAnswer, unreadable } from "./call.ts";
import { createKeyedCaller } from "./keyed-caller.ts";
import { LOAD_LIMIT_MS } from "./load-limit.ts";
import { unloadEach } from "./unload-each.ts";

/** Every model on disk is listed, each with its description. */
const LARGEST_LIST_BYTES = 1024 * 1024;
const REMEDY = "Update LM Studio to 0.4 or newer: older ones have no API to unload.";

/** How an instance was loaded, as it is handed over to a load: whatever a newer version tells, too. */
const configSchema = v.record(v.string(), v.union([v.number(), v.boolean(), v.string()]));
const listSchema = v.object({
  models: v.array(
    v.object({
      key: v.nullish(v.string(), ""),
      loaded_instances: v.array(v.object({ id: v.string(), config: v.fallback(configSchema, {}) })),
    }),
  ),
});
/** One loading of a model; two of the same model have two ids. */
interface Instance {
  id: string;
  model: string;
  config: v.InferOutput<typeof configSchema>;
}
const loadedSchema = v.union([
  v.object({ instance_id: v.string() }),
  v.object({ status: v.literal("loaded") }),
]);
const unloadedSchema = v.object({ instance_id: v.string() });
const errorSchema = v.object({ error: v.unknown() });

/**
 * LM Studio. A model can be loaded several times, and each instance is unloaded by itself, which cuts off what it
 * is generating. `size_bytes` is that of the file and no figure for VRAM. Whether it generates is told by the WebSocket
 * of its SDK alone (`getInstanceProcessingState`, since 0.3.27), which LM Studio calls experimental, describes nowhere
 * and opens by a passkey of its own: not asked, so that this stays unknown.
 */
export function createLmStudioBackend(options: AdapterOptions<"lmstudio">): Backend {
  const call = createKeyedCaller(options);
  const { statusTimeoutMs: timeoutMs } = options;
  let held: readonly Instance[] = [];
  /** Taken away by the last unload. */
  let taken: readonly Instance[] = [];
  const missing = () => missingOf(taken, held);

  async function instances(
    signal: AbortSignal,
  ): Promise<{ kind: "instances"; all: Instance[] } | CallFailure> {
    const answer = await call("/api/v1/models", signal, { timeoutMs, largestBytes: LARGEST_LIST_BYTES });
    if (answer.kind === "failed") return explained(answer);
    const said = readAnswer(answer, listSchema);
    if (said === null) return notUnderstood(answer);
    const all = said.models.flatMap(({ key, loaded_instances: loaded }) =>
      loaded.map(({ id, config }) => ({ id, model: key ?? "", config })),
    );
    held = all;
    return { kind: "instances", all };
  }

  async function status(signal: AbortSignal): Promise<StatusOutcome> {
    const found = await instances(signal);
    if (found.kind === "failed") return found;
    const models = found.all.map(({ id: name }) => ({ name, usedMiB: null }));
    return { kind: "status", status: { busy: null, queue: null, models, allocator: null } };
  }

  async function unload(_mode: unknown, signal: AbortSignal): Promise<UnloadOutcome> {
    const found = await instances(signal);
    if (found.kind === "failed") return found;
    const ids = found.all.map(({ id }) => id);
    const outcome = await unloadEach(ids, async (id) => {
      const json = { instance_id: id };
      const answer = await call("/api/v1/models/unload", signal, { method: "POST", json });
      // 404: it is gone since it was listed.
      if (answer.kind === "failed") return answer.status === 404 ? { kind: "accepted" } : answer;
      if (answer.text === null || readAnswer(answer, unloadedSchema) !== null) return { kind: "accepted" };
      return notUnderstood(answer);
    });
    if (outcome.kind !== "accepted") return outcome;
    const gone = outcome.claim?.models ?? [];
    taken = found.all.filter(({ id }) => gone.includes(id));
    held = found.all.filter(({ id }) => !gone.includes(id));
    return outcome;
  }

  /** A load of what is loaded would make a second instance: the list is read first. */
  async function load(signal: AbortSignal): Promise<CallOutcome> {
    const found = await instances(signal);
    if (found.kind === "failed") return found;
    for (const { model, config } of missing()) {
      const json = { model, ...config };
      const limit = { timeoutMs: LOAD_LIMIT_MS };
      const answer = await call("/api/v1/models/load", signal, { method: "POST", json, ...limit });
      if (answer.kind === "failed") return explained(answer);
      // An error inside a 200.
      if (answer.text !== null && readAnswer(answer, loadedSchema) === null) return notUnderstood(answer);
    }
    taken = [];
    return { kind: "accepted" };
  }

  return {
    id: options.id,
    kind: "lmstudio",
    url: options.url,
    modes: ["auto", "now"],
    duringJob: "ends-jobs",
    status,
    unload,
    load,
    hasUnloaded: () => missing().length > 0,
  };
}

/** What was taken and is not back, counted by model: a new instance may have another id. Pure. */
function missingOf(taken: readonly Instance[], held: readonly Instance[]): Instance[] {
  return taken.filter(({ model }, i) => {
    const before = taken.slice(0, i).filter((one) => one.model === model).length;
    return before >= held.filter((one) => one.model === model).length;
  });
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
  load: "`POST /api/v1/models/load` with the `config` that each instance had, unless it is there",
  cancel: null,
  hold: null,
  touches: "no model, no GPU",
};
