import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import type { ReleaseMode } from "../../../shared/release/release.ts";
import type { AdapterOptions } from "./adapter-options.ts";
import type { AdapterRow } from "./adapter-row.ts";
import type { Backend, CallOutcome, Failed, Occasion, StatusOutcome, UnloadOutcome } from "./backend.ts";
import { type Answer, type Caller, type CallFailure, readAnswer, unreadable } from "./call.ts";
import { createKeyedCaller } from "./keyed-caller.ts";
import { LOAD_LIMIT_MS } from "./load-limit.ts";
import { readVllmMetrics, type VllmMetrics } from "./vllm-metrics.ts";

/** Histograms of every model make it long. */
const LARGEST_METRICS_BYTES = 1024 * 1024;
const REMEDY = "Start vLLM with VLLM_SERVER_DEV_MODE=1 and --enable-sleep-mode.";
/** From 0.17 on `/sleep?mode=wait` lets running requests end; before, the word is passed over. */
const WAITS_FROM = [0, 17] as const;
/** It answers when it sleeps, so after the last of its running requests. */
const WAIT_LIMIT_MS = 2 * 3_600_000;

const sleepSchema = v.object({ is_sleeping: v.boolean() });
const versionSchema = v.object({ version: v.string() });
/** Newer builds tell how a wake-up came out; "sleeping" is only partly awake. */
const wokenSchema = v.object({ status: v.string() });

/**
 * vLLM, whose models go by sleep: level 1 keeps the weights in host memory, level 2 drops them. Put to sleep under a
 * request it ends it, before 0.17 with a CUDA error, so requests are counted just before. About 1 GB stays. Asleep it
 * serves nothing until it is woken: requests hang. Its status is read from the metrics alone, which tell sleep from a
 * pause and need no development mode.
 */
export function createVllmBackend(options: AdapterOptions<"vllm">): Backend {
  const call = createKeyedCaller(options);
  const { statusTimeoutMs: timeoutMs } = options;
  /** As last told; `null` where it does not tell. */
  let asleep: boolean | null = null;
  let waits = false;

  async function metrics(signal: AbortSignal): Promise<{ kind: "metrics"; metrics: VllmMetrics } | Failed> {
    const outcome = await readMetrics(call, timeoutMs, signal);
    if (outcome.kind === "metrics") asleep = outcome.metrics.asleep;
    return outcome;
  }

  async function status(signal: AbortSignal, occasion?: Occasion): Promise<StatusOutcome> {
    const seen = await metrics(signal);
    if (seen.kind === "failed") return seen;
    if (occasion === "releasing") waits = await canWait(call, timeoutMs, signal);
    const { requests, models } = seen.metrics;
    return {
      kind: "status",
      status: {
        busy: requests === null ? null : isBusy(requests),
        queue: requests?.waiting ?? null,
        models: asleep === true ? [] : models.map((name) => ({ name, usedMiB: null })),
        allocator: null,
      },
    };
  }

  async function unload(mode: ReleaseMode, signal: AbortSignal): Promise<UnloadOutcome> {
    const seen = await metrics(signal);
    if (seen.kind === "failed") return seen;
    const { requests } = seen.metrics;
    const sleeps = await isAsleep(call, asleep, timeoutMs, signal);
    if (typeof sleeps === "object") return sleeps;
    if (sleeps) return { kind: "nothing-loaded" };
    if (requests === null && mode !== "now") return refused("busy-unknown");
    const letsEnd = waits && mode !== "now";
    if (requests !== null && isBusy(requests) && !letsEnd) return refused("backend-busy");
    const path = `/sleep?level=${options.level}${letsEnd ? "&mode=wait" : ""}`;
    const outcome = await post(call, path, signal, letsEnd ? WAIT_LIMIT_MS : options.timeoutMs);
    if (outcome.kind === "failed") return outcome;
    asleep = asleep === null ? null : true;
    return { kind: "accepted", claim: null };
  }

  /** Wakes it. After level 2 the weights must be read again before there is room for the KV cache. */
  async function load(signal: AbortSignal): Promise<CallOutcome> {
    const seen = await metrics(signal);
    if (seen.kind === "failed") return seen;
    const sleeps = await isAsleep(call, asleep, timeoutMs, signal);
    if (typeof sleeps === "object") return sleeps;
    if (!sleeps) return { kind: "accepted" };
    const outcome = await wake(call, options.level, signal);
    if (outcome.kind === "accepted") asleep = asleep === null ? null : false;
    return outcome;
  }

  return {
    id: options.id,
    kind: "vllm",
    url: options.url,
    modes: ["auto", "now", "after-current"],
    duringJob: "ends-jobs",
    get letsJobsEnd() {
      return waits;
    },
    status,
    unload,
    load,
    parks: true,
    hasUnloaded: () => asleep,
  };
}

async function readMetrics(
  call: Caller,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ kind: "metrics"; metrics: VllmMetrics } | Failed> {
  const answer = await call("/metrics", signal, {
    timeoutMs,
    largestBytes: LARGEST_METRICS_BYTES,
    headers: { accept: "text/plain" },
  });
  if (answer.kind === "failed") return answer;
  const metrics = answer.text === null ? null : readVllmMetrics(answer.text);
  return metrics === null ? unreadable("vllm") : { kind: "metrics", metrics };
}

/** Older builds have only the route of the development mode, and no pause that it could mean. */
async function isAsleep(
  call: Caller,
  told: boolean | null,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean | Failed> {
  if (told !== null) return told;
  const answer = explained(await call("/is_sleeping", signal, { timeoutMs }));
  if (answer.kind === "failed") return answer;
  return readAnswer(answer, sleepSchema)?.is_sleeping ?? unreadable("vllm");
}

async function canWait(call: Caller, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  const answer = await call("/version", signal, { timeoutMs });
  const said = answer.kind === "failed" ? null : readAnswer(answer, versionSchema);
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(said?.version ?? "") ?? [];
  if (major === undefined || minor === undefined) return false;
  return Number(major) > WAITS_FROM[0] || Number(minor) >= WAITS_FROM[1];
}

async function wake(call: Caller, level: 1 | 2, signal: AbortSignal): Promise<CallOutcome> {
  const steps: [string, unknown?][] =
    level === 1
      ? [["/wake_up"]]
      : [
          ["/wake_up?tags=weights"],
          ["/collective_rpc", { method: "reload_weights" }],
          ["/wake_up?tags=kv_cache"],
        ];
  let last: Answer | null = null;
  for (const [path, json] of steps) {
    const outcome = await post(call, path, signal, LOAD_LIMIT_MS, json);
    if (outcome.kind === "failed") return outcome;
    last = outcome;
  }
  const partly = last !== null && readAnswer(last, wokenSchema)?.status === "sleeping";
  if (!partly) return { kind: "accepted" };
  return { kind: "failed", problem: problem("load-failed", { model: "vLLM" }), reached: true };
}

async function post(call: Caller, path: string, signal: AbortSignal, timeoutMs: number, json?: unknown) {
  const body = json === undefined ? {} : { json };
  return explained(await call(path, signal, { method: "POST", timeoutMs, ...body }));
}

/** A waiting request begins as soon as there is room. */
function isBusy({ running, waiting }: NonNullable<VllmMetrics["requests"]>): boolean {
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
  status: "`GET /metrics`: `vllm:engine_sleep_state`",
  busy: "`vllm:num_requests_running` and `vllm:num_requests_waiting`; around a release `GET /version`, for what it can",
  unload:
    "`POST /sleep?level=…`, from 0.17 on with `mode=wait`; where the metrics do not tell of sleep, after `GET /is_sleeping`",
  load: "`POST /wake_up`; after level 2 the weights, `POST /collective_rpc`, then the KV cache",
  cancel: null,
  hold: "`POST /pause?mode=keep`, `POST /resume` (development mode)",
  touches: "no model, no GPU",
};
