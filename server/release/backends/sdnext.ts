import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import type { BackendModel } from "../../../shared/release/backend.ts";
import type { AdapterRow } from "./adapter-row.ts";
import type { Backend, CallOutcome, Occasion, StatusOutcome, UnloadOutcome } from "./backend.ts";
import { type CallFailure, readAnswer, unreadable } from "./call.ts";
import { createSdApi, type JobsOutcome, type SdApiOptions, unloadIfIdle } from "./sdapi.ts";

const SUBPATH = "Start it without --subpath, or put the subpath at the end of the backend's url.";

const statusSchema = v.object({
  task: v.string(),
  queued: v.pipe(v.number(), v.integer(), v.minValue(0)),
  id: v.nullish(v.union([v.string(), v.number()]), null),
});
/** Beside this it tells the model's path on the machine. */
const checkpointSchema = v.object({
  type: v.nullable(v.string()),
  class: v.nullish(v.string(), null),
  name: v.nullish(v.string(), null),
});

/**
 * SD.Next. Its API is on by default; a route asked more than 300 times a minute answers 429. With its checkpoint locked
 * nothing brings a model back by itself.
 */
export function createSdNextBackend(options: SdApiOptions): Backend {
  const api = createSdApi(options);
  /** Unloaded last. */
  let unloaded: string | null = null;

  /** By the task: `status` stays "interrupted" after the job has ended. */
  async function jobs(signal: AbortSignal): Promise<JobsOutcome> {
    const answer = await api.get("status", signal);
    if (answer.kind === "failed") return subpathed(answer);
    const said = readAnswer(answer, statusSchema);
    if (said === null) return unreadable("sdnext");
    const job = said.id === null || said.task === "" ? null : String(said.id);
    return { kind: "jobs", busy: said.task !== "" || said.queued > 0, queue: said.queued, job };
  }

  /** What it holds; `null` where it does not tell. */
  async function models(signal: AbortSignal): Promise<BackendModel[] | null> {
    const answer = await api.get("checkpoint", signal);
    const said = answer.kind === "failed" ? null : readAnswer(answer, checkpointSchema);
    if (said === null) return null;
    return said.type === null ? [] : [{ name: said.name ?? said.class ?? said.type, usedMiB: null }];
  }

  async function status(signal: AbortSignal, occasion: Occasion = "watching"): Promise<StatusOutcome> {
    const [found, held, allocator] = await Promise.all([
      jobs(signal),
      models(signal),
      api.allocator(signal, occasion),
    ]);
    if (found.kind === "failed") return found;
    const { busy, queue, job } = found;
    return { kind: "status", status: { busy, queue, job, models: held ?? [], allocator } };
  }

  async function unload(_mode: unknown, signal: AbortSignal): Promise<UnloadOutcome> {
    const held = await models(signal);
    const found = await jobs(signal);
    // While a job runs the model may just be loading.
    if (found.kind === "jobs" && !found.busy && held?.length === 0) return { kind: "nothing-loaded" };
    const outcome = await unloadIfIdle(api, found, signal);
    if (outcome.kind === "accepted") unloaded = held?.[0]?.name ?? null;
    return outcome;
  }

  /** The selected model; where that brings none, the one that was unloaded. Its 204 says nothing of what came. */
  async function load(signal: AbortSignal): Promise<CallOutcome> {
    const reloaded = await api.load("reload-checkpoint", signal);
    if (reloaded.kind === "failed") return reloaded;
    if ((await models(signal))?.length !== 0) return { kind: "accepted" };
    const query = new URLSearchParams({ sd_model_checkpoint: unloaded ?? "" });
    const set = unloaded === null ? null : await api.load(`checkpoint?${query}`, signal);
    if (set?.kind === "failed") return set;
    const held = set === null ? [] : await models(signal);
    return held?.length === 0
      ? { kind: "failed", problem: problem("not-loaded"), reached: true }
      : { kind: "accepted" };
  }

  return {
    id: options.id,
    kind: "sdnext",
    url: options.url,
    modes: ["auto", "now", "after-current", "interrupt"],
    duringJob: "unsafe",
    status,
    unload,
    load,
    interrupt: (signal) => api.post("interrupt", signal),
  };
}

/** Started with --subpath it sends whatever is asked above it there. */
function subpathed(answer: CallFailure): CallFailure {
  if (answer.status !== 308) return answer;
  return { ...answer, problem: problem("backend-no-api", { remedy: SUBPATH }) };
}

export const SDNEXT_ROW: AdapterRow = {
  status: "`GET /sdapi/v1/status`, `GET /sdapi/v1/checkpoint`; around a release `GET /sdapi/v1/memory`",
  busy: "`task` and `queued` of the status",
  unload: "`POST /sdapi/v1/unload-checkpoint`",
  load: "`POST /sdapi/v1/reload-checkpoint`; where that brings none, `POST /sdapi/v1/checkpoint`",
  cancel: "`POST /sdapi/v1/interrupt`",
  hold: null,
  touches: "around a release alone: `/memory` asks CUDA for free memory",
};
