import * as v from "valibot";
import type { BackendModel } from "../../../shared/release/backend.ts";
import type { AdapterRow } from "./adapter-row.ts";
import type { Backend, StatusOutcome, UnloadOutcome } from "./backend.ts";
import { readAnswer, unreadable } from "./call.ts";
import { createSdApi, type JobsOutcome, type SdApiOptions, unloadIfIdle } from "./sdapi.ts";

const statusSchema = v.object({
  task: v.string(),
  queued: v.pipe(v.number(), v.integer(), v.minValue(0)),
});
/** Beside this it tells the model's path on the machine. */
const checkpointSchema = v.object({
  type: v.nullable(v.string()),
  class: v.nullish(v.string(), null),
  name: v.nullish(v.string(), null),
});

/** SD.Next. Its API is on by default; a route asked more than 300 times a minute answers 429. */
export function createSdNextBackend(options: SdApiOptions): Backend {
  const api = createSdApi(options);

  /** By the task: `status` stays "interrupted" after the job has ended. */
  async function jobs(signal: AbortSignal): Promise<JobsOutcome> {
    const answer = await api.get("status", signal);
    if (answer.kind === "failed") return answer;
    const said = readAnswer(answer, statusSchema);
    if (said === null) return unreadable("sdnext");
    return { kind: "jobs", busy: said.task !== "" || said.queued > 0, queue: said.queued };
  }

  /** What it holds; `null` where it does not tell. */
  async function models(signal: AbortSignal): Promise<BackendModel[] | null> {
    const answer = await api.get("checkpoint", signal);
    const said = answer.kind === "failed" ? null : readAnswer(answer, checkpointSchema);
    if (said === null) return null;
    return said.type === null ? [] : [{ name: said.name ?? said.class ?? said.type, usedMiB: null }];
  }

  async function status(signal: AbortSignal): Promise<StatusOutcome> {
    const [found, held, allocator] = await Promise.all([jobs(signal), models(signal), api.allocator(signal)]);
    if (found.kind === "failed") return found;
    const { busy, queue } = found;
    return { kind: "status", status: { busy, queue, models: held ?? [], allocator } };
  }

  async function unload(_mode: unknown, signal: AbortSignal): Promise<UnloadOutcome> {
    const held = await models(signal);
    const found = await jobs(signal);
    // While a job runs the model may just be loading.
    if (found.kind === "jobs" && !found.busy && held?.length === 0) return { kind: "nothing-loaded" };
    return unloadIfIdle(api, found, signal);
  }

  return {
    id: options.id,
    kind: "sdnext",
    url: options.url,
    modes: ["auto", "now", "after-current", "interrupt"],
    duringJob: "unsafe",
    status,
    unload,
    interrupt: (signal) => api.post("interrupt", signal),
  };
}

export const SDNEXT_ROW: AdapterRow = {
  status: "`GET /sdapi/v1/status`, `GET /sdapi/v1/checkpoint`, `GET /sdapi/v1/memory`",
  busy: "`task` and `queued` of the status",
  unload: "`POST /sdapi/v1/unload-checkpoint`",
  load: null,
  cancel: "`POST /sdapi/v1/interrupt`",
  hold: null,
  touches: "`/memory` asks CUDA for free memory",
};
