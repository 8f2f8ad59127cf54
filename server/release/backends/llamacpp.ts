import { problem } from "../../../shared/problems/make-problem.ts";
import type { BackendStatus } from "../../../shared/release/backend.ts";
import { steadyMs } from "../../lib/clock.ts";
import { rest } from "../../lib/rest.ts";
import type { BackendTimings } from "../../timings.ts";
import type { AdapterOptions } from "./adapter-options.ts";
import type { AdapterRow } from "./adapter-row.ts";
import type { Backend, CallOutcome, Going, Occasion, StatusOutcome, UnloadOutcome } from "./backend.ts";
import type { CallFailure } from "./call.ts";
import { createKeyedCaller, keyedHeaders } from "./keyed-caller.ts";
import { listenToLlamaCpp } from "./llamacpp-events.ts";
import { createLlamaCppMemory, type LlamaCppMemory } from "./llamacpp-memory.ts";
import { type Listed, listModels, loadFailed, runsRequests } from "./llamacpp-models.ts";
import { LOAD_LIMIT_MS } from "./load-limit.ts";
import { unloadEach } from "./unload-each.ts";

const REMEDY = "Start llama-server in router mode, that is without a model.";

/** Between two looks at a model that loads. */
const LOOK_MS = 500;

/**
 * A llama.cpp server in router mode, which runs each model in a child process and stops that to unload it, its
 * requests with it: at once where it is idle, else after some seconds. A server with a single model cannot unload.
 */
export function createLlamaCppBackend(
  options: AdapterOptions<"llamacpp"> & { timings: BackendTimings },
): Backend {
  const call = createKeyedCaller(options);
  const { statusTimeoutMs: timeoutMs } = options;
  const memory = createLlamaCppMemory();
  let single = false;
  const post = (path: string, model: string, signal: AbortSignal) =>
    call(path, signal, { method: "POST", json: { model } });

  async function relist(signal: AbortSignal): Promise<Listed> {
    const listed = await listModels(call, signal, timeoutMs);
    if (listed.kind === "failed") return listed;
    single = listed.kind === "single";
    memory.learnList(listed.kind === "router" ? listed.models : singleModel(listed));
    return listed;
  }

  /** Of a sleeping one nothing is asked: that would wake it. */
  async function runs(signal: AbortSignal): Promise<boolean | null> {
    const each = await Promise.all(
      memory.loaded().map((name) => runsRequests(call, name, signal, timeoutMs)),
    );
    if (each.includes(true)) return true;
    return each.includes(null) ? null : false;
  }

  const statusNow = (busy: boolean | null): BackendStatus => ({
    ...{ busy: memory.isLoading() ? true : busy, queue: null, models: memory.models(), allocator: null },
  });

  async function status(signal: AbortSignal, occasion: Occasion = "watching"): Promise<StatusOutcome> {
    const listed = await relist(signal);
    if (listed.kind === "failed") return listed;
    const asksMore = occasion !== "watching" && listed.kind === "router" && !memory.isLoading();
    return { kind: "status", status: statusNow(asksMore ? await runs(signal) : null) };
  }

  async function unload(_mode: unknown, signal: AbortSignal): Promise<UnloadOutcome> {
    const listed = await relist(signal);
    if (listed.kind === "failed") return listed;
    if (listed.kind === "single") {
      if (listed.asleep) return { kind: "nothing-loaded" };
      return { kind: "failed", problem: problem("backend-single-model"), reached: false };
    }
    const outcome = await unloadEach(memory.held(), async (model) => {
      const answer = await post("/models/unload", model, signal);
      // 400: it has stopped since it was listed.
      return answer.kind === "answered" || answer.status === 400 ? { kind: "accepted" } : explained(answer);
    });
    if (outcome.kind === "accepted") memory.unload(outcome.claim?.models ?? []);
    return outcome;
  }

  async function going(signal: AbortSignal): Promise<Going> {
    const listed = memory.allGone() ? null : await relist(signal);
    if (listed?.kind === "failed") return listed;
    return memory.allGone() ? { kind: "gone" } : { kind: "going", inUse: false };
  }

  async function load(signal: AbortSignal): Promise<CallOutcome> {
    const listed = await relist(signal);
    if (listed.kind === "failed") return listed;
    for (const model of memory.missing()) {
      const answer = await post("/models/load", model, signal);
      // 400: it is running, or is not there any more, as the list will tell.
      if (answer.kind === "failed" && answer.status !== 400) return explained(answer);
    }
    return awaitLoaded(relist, memory, signal);
  }

  return {
    id: options.id,
    kind: "llamacpp",
    url: options.url,
    get modes() {
      return single ? [] : (["auto", "now", "after-current"] as const);
    },
    duringJob: "ends-jobs",
    tellsBusyWhenAsked: true,
    status,
    unload,
    going,
    load,
    hasUnloaded: () => memory.missing().length > 0,
    subscribe: (onStatus) =>
      listenToLlamaCpp({ ...options, headers: keyedHeaders(options) }, (model, now) => {
        memory.learn(model, now);
        onStatus(statusNow(null));
      }),
  };
}

/** Waits until what was asked for has loaded; one that another pushed out again has been loaded, too. */
async function awaitLoaded(
  relist: (signal: AbortSignal) => Promise<Listed>,
  memory: LlamaCppMemory,
  signal: AbortSignal,
): Promise<CallOutcome> {
  for (const untilMs = steadyMs() + LOAD_LIMIT_MS; steadyMs() < untilMs && !signal.aborted; ) {
    const listed = await relist(signal);
    if (listed.kind === "failed") return listed;
    const models = listed.kind === "router" ? listed.models : [];
    const lost = memory.taken().find((name) => models.every((one) => one.name !== name || one.failed));
    if (lost !== undefined) return loadFailed(lost);
    if (!memory.isLoading()) return { kind: "accepted" };
    await rest(LOOK_MS, signal);
  }
  return loadFailed(memory.missing()[0] ?? "");
}

/** Its one model, in the words of a router. */
function singleModel({ names, asleep }: Extract<Listed, { kind: "single" }>) {
  return names.map((name) => ({ name, status: asleep ? "unloaded" : "loaded" }));
}

/** A router of the first builds has no such routes, as a server with one model. */
function explained(failure: CallFailure): CallFailure {
  if (failure.status !== 404) return failure;
  return { ...failure, problem: problem("backend-no-api", { remedy: REMEDY }) };
}

export const LLAMACPP_ROW: AdapterRow = {
  status: "`GET /models`, pushed by `GET /models/sse`; with a single model also `GET /props`",
  busy: "a model that loads; around a release `GET /slots?model=…&autoload=false` of each loaded one, else `GET /metrics?model=…&autoload=false`",
  unload: "`POST /models/unload` for each; done when the list says so",
  load: "`POST /models/load` for each, then the list until they are loaded",
  cancel: null,
  hold: null,
  touches:
    "no model, no GPU; `/slots` would wake a sleeper, so it is asked around a release alone, and of loaded models",
};
