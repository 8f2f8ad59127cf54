import type { AdapterOptions } from "./adapter-options.ts";
import type { AdapterRow } from "./adapter-row.ts";
import type { Backend, CallOutcome, Going, StatusOutcome, UnloadOutcome } from "./backend.ts";
import type { Call, Caller, CallFailure } from "./call.ts";
import { createKeyedCaller } from "./keyed-caller.ts";
import { LOAD_LIMIT_MS } from "./load-limit.ts";
import { keptProblem, type Loaded, listLoaded, type OllamaModel, otherNameOf } from "./ollama-models.ts";
import { unloadEach } from "./unload-each.ts";

/**
 * Ollama. It says yes to every unload at once, loaded or not: an idle runner is stopped then, one in use as soon as
 * its last request has ended, which is told by a time in the past. Whether a request runs it does not tell before.
 */
export function createOllamaBackend(options: AdapterOptions<"ollama">): Backend {
  const call = createKeyedCaller(options);
  const { statusTimeoutMs: timeoutMs } = options;
  /** Asked to go by the last unload. */
  let asked: readonly string[] = [];
  /** What it took away, and what is there now. */
  let taken: readonly OllamaModel[] = [];
  let held: readonly string[] = [];
  const missing = () => taken.filter(({ name }) => !held.includes(name));

  async function loaded(signal: AbortSignal): Promise<Loaded> {
    const listed = await listLoaded(call, signal, timeoutMs);
    if (listed.kind === "models") held = listed.models.map(({ name }) => name);
    return listed;
  }

  async function status(signal: AbortSignal): Promise<StatusOutcome> {
    const listed = await loaded(signal);
    if (listed.kind === "failed") return listed;
    const inUse = listed.models.some(({ stays }) => stays.kind === "told");
    const models = listed.models.map(({ name, usedMiB }) => ({ name, usedMiB }));
    return { kind: "status", status: { busy: inUse ? true : null, queue: null, models, allocator: null } };
  }

  async function unload(_mode: unknown, signal: AbortSignal): Promise<UnloadOutcome> {
    const listed = await loaded(signal);
    if (listed.kind === "failed") return listed;
    const byName = new Map(listed.models.map((model) => [model.name, model]));
    asked = [...byName.keys()];
    const outcome = await unloadEach(asked, async (name) => {
      const model = byName.get(name);
      return model === undefined ? { kind: "accepted" } : unloadOne(call, model, timeoutMs, signal);
    });
    const names = outcome.kind === "accepted" ? (outcome.claim?.models ?? []) : [];
    if (outcome.kind === "accepted") taken = listed.models.filter(({ name }) => names.includes(name));
    return outcome;
  }

  /** Its yes is worth nothing where a name was made anew, or where a request has brought its own `keep_alive`. */
  async function going(signal: AbortSignal): Promise<Going> {
    const listed = await loaded(signal);
    if (listed.kind === "failed") return listed;
    const left = listed.models.filter(({ name }) => asked.includes(name));
    if (left.some(({ stays }) => stays.kind === "told")) return { kind: "going", inUse: true };
    const [kept] = left;
    return kept === undefined ? { kind: "gone" } : { kind: "stays", problem: keptProblem(kept) };
  }

  async function load(signal: AbortSignal): Promise<CallOutcome> {
    const listed = await loaded(signal);
    if (listed.kind === "failed") return listed;
    for (const model of missing()) {
      const outcome = await loadOne(call, model, signal);
      if (outcome.kind === "failed") return outcome;
    }
    taken = [];
    return { kind: "accepted" };
  }

  return {
    id: options.id,
    kind: "ollama",
    url: options.url,
    modes: ["auto", "now"],
    duringJob: "spared",
    hidesLoading: true,
    status,
    unload,
    going,
    load,
    hasUnloaded: () => missing().length > 0,
  };
}

const post = (call: Caller, path: string, json: object, signal: AbortSignal, more: Call = {}) =>
  call(path, signal, { method: "POST", json, ...more });

async function unloadOne(
  call: Caller,
  model: OllamaModel,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ kind: "accepted" } | CallFailure> {
  // Without `keep_alive` the same call would load the model.
  const answer = await post(call, "/api/generate", { model: model.name, keep_alive: 0 }, signal);
  if (answer.kind === "answered") return { kind: "accepted" };
  if (answer.status !== 404) return answer;
  // Deleted while loaded: its runner goes on, and goes by every other name of the same model.
  const kept: CallFailure = { ...answer, problem: keptProblem(model) };
  const other = await otherNameOf(model, call, signal, timeoutMs);
  if (other === null) return kept;
  const second = await post(call, "/api/generate", { model: other, keep_alive: 0 }, signal);
  return second.kind === "answered" ? { kind: "accepted" } : kept;
}

async function loadOne(call: Caller, model: OllamaModel, signal: AbortSignal): Promise<CallOutcome> {
  const json = settingsOf(model);
  const limit = { timeoutMs: LOAD_LIMIT_MS };
  const answer = await post(call, "/api/generate", json, signal, limit);
  if (answer.kind === "answered") return { kind: "accepted" };
  // Embedding models do not generate.
  if (answer.status !== 400) return answer;
  const second = await post(call, "/api/embed", { ...json, input: "" }, signal, limit);
  return second.kind === "failed" ? second : { kind: "accepted" };
}

/** With another context, or another stay, the next request would start the runner anew. */
function settingsOf({ name: model, contextLength, stays }: OllamaModel) {
  return {
    model,
    ...(stays.kind === "for-ever" ? { keep_alive: -1 } : {}),
    ...(contextLength === null ? {} : { options: { num_ctx: contextLength } }),
  };
}

export const OLLAMA_ROW: AdapterRow = {
  status: "`GET /api/ps`",
  busy: "after an unload: told to go (`expires_at` in the past) and still listed; before it nothing tells",
  unload:
    "`POST /api/generate` with `keep_alive: 0` for each, then the list again; one that was deleted, by another name with its digest from `GET /api/tags`",
  load: "`POST /api/generate` with the `num_ctx` it had, and `keep_alive: -1` where it had that; an embedding model by `POST /api/embed`",
  cancel: null,
  hold: null,
  touches: "no model, no GPU",
};
