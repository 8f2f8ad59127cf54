import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import type { ReleaseMode } from "../../../shared/release/release.ts";
import type { AdapterOptions } from "./adapter-options.ts";
import type { AdapterRow } from "./adapter-row.ts";
import type { Backend, CallOutcome, StatusOutcome, UnloadOutcome } from "./backend.ts";
import { type Answer, type Call, type CallFailure, readAnswer, unreadable } from "./call.ts";
import { createKeyedCaller } from "./keyed-caller.ts";
import { readVllmRequests, type VllmRequests } from "./vllm-metrics.ts";

/** Histograms of every model make it long. */
const LARGEST_METRICS_BYTES = 1024 * 1024;
const REMEDY = "Start vLLM with VLLM_SERVER_DEV_MODE=1 and --enable-sleep-mode.";

const sleepSchema = v.object({ is_sleeping: v.boolean() });
type Sleep = { kind: "sleep"; asleep: boolean } | CallFailure | ReturnType<typeof unreadable>;

/**
 * vLLM, whose models go by sleep: level 1 keeps the weights in host memory, level 2 drops them. Put to sleep under
 * a request it ends it, or comes to a CUDA error, so requests are counted just before; what begins in between is
 * lost. About 1 GB stays. Asleep it serves nothing until it is woken.
 */
export function createVllmBackend(options: AdapterOptions<"vllm">): Backend {
  const call = createKeyedCaller(options);
  const { statusTimeoutMs: timeoutMs } = options;

  async function sleep(signal: AbortSignal): Promise<Sleep> {
    const answer = explained(await call("/is_sleeping", signal, { timeoutMs }));
    if (answer.kind === "failed") return answer;
    const said = readAnswer(answer, sleepSchema);
    return said === null ? unreadable("vllm") : { kind: "sleep", asleep: said.is_sleeping };
  }

  /** `null`: not told. */
  async function requests(signal: AbortSignal): Promise<VllmRequests | null> {
    const answer = await call("/metrics", signal, {
      timeoutMs,
      largestBytes: LARGEST_METRICS_BYTES,
      headers: { accept: "text/plain" },
    });
    return answer.kind === "failed" || answer.text === null ? null : readVllmRequests(answer.text);
  }

  async function status(signal: AbortSignal): Promise<StatusOutcome> {
    const [found, seen] = await Promise.all([sleep(signal), requests(signal)]);
    if (found.kind === "failed") return found;
    const names = found.asleep ? [] : (seen?.models ?? []);
    return {
      kind: "status",
      status: {
        busy: seen === null ? null : isBusy(seen),
        queue: seen?.waiting ?? null,
        models: names.map((name) => ({ name, usedMiB: null })),
        allocator: null,
      },
    };
  }

  async function unload(mode: ReleaseMode, signal: AbortSignal): Promise<UnloadOutcome> {
    const found = await sleep(signal);
    if (found.kind === "failed") return found;
    if (found.asleep) return { kind: "nothing-loaded" };
    const seen = await requests(signal);
    if (seen !== null && isBusy(seen)) return refused("backend-busy");
    if (seen === null && mode !== "now") return refused("busy-unknown");
    const outcome = await post(`/sleep?level=${options.level}`, signal);
    return outcome.kind === "failed" ? outcome : { kind: "accepted", claim: null };
  }

  /** Wakes it. After level 2 the weights must be read again before there is room for the KV cache. */
  async function load(signal: AbortSignal): Promise<CallOutcome> {
    const found = await sleep(signal);
    if (found.kind === "failed") return found;
    if (!found.asleep) return { kind: "accepted" };
    if (options.level === 1) return post("/wake_up", signal);
    const steps: [string, unknown?][] = [
      ["/wake_up?tags=weights"],
      ["/collective_rpc", { method: "reload_weights" }],
      ["/wake_up?tags=kv_cache"],
    ];
    for (const [path, json] of steps) {
      const outcome = await post(path, signal, json);
      if (outcome.kind === "failed") return outcome;
    }
    return { kind: "accepted" };
  }

  async function post(path: string, signal: AbortSignal, json?: unknown): Promise<CallOutcome> {
    const post: Call = { method: "POST", ...(json === undefined ? {} : { json }) };
    const answer = explained(await call(path, signal, post));
    return answer.kind === "failed" ? answer : { kind: "accepted" };
  }

  return {
    id: options.id,
    kind: "vllm",
    url: options.url,
    modes: ["auto", "now", "after-current"],
    duringJob: "ends-jobs",
    status,
    unload,
    load,
    parks: true,
  };
}

/** A waiting request begins as soon as there is room. */
function isBusy({ running, waiting }: VllmRequests): boolean {
  return running + waiting > 0;
}

function refused(code: "backend-busy" | "busy-unknown"): UnloadOutcome {
  return { kind: "failed", problem: problem(code), reached: false };
}

/** The routes for sleep exist in its development mode alone. */
function explained(answer: Answer | CallFailure): Answer | CallFailure {
  if (answer.kind !== "failed" || answer.status !== 404) return answer;
  return { ...answer, problem: problem("backend-no-api", { remedy: REMEDY }) };
}

export const VLLM_ROW: AdapterRow = {
  status: "`GET /is_sleeping`, `GET /metrics`",
  busy: "`vllm:num_requests_running` and `_waiting`",
  unload: "`POST /sleep`",
  load: "`POST /wake_up`; after level 2 also `POST /collective_rpc`",
  cancel: null,
  hold: "`POST /pause`, `POST /resume`",
  touches: "no model, no GPU",
};
