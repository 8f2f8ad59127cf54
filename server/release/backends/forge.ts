import * as v from "valibot";
import type { AdapterRow } from "./adapter-row.ts";
import type { Backend, StatusOutcome } from "./backend.ts";
import { readAnswer, unreadable } from "./call.ts";
import { createSdApi, type JobsOutcome, type SdApi, type SdApiOptions, unloadIfIdle } from "./sdapi.ts";

/** Without `skip_current_image` the answer carries a picture. */
const PROGRESS = "progress?skip_current_image=true";

const progressSchema = v.object({
  state: v.object({ job_count: v.number(), job: v.nullish(v.string(), "") }),
});

/** Stable Diffusion WebUI Forge; its models come back by themselves with the next job. */
export function createForgeBackend(options: SdApiOptions): Backend {
  return createWebUiBackend(options, createSdApi(options));
}

/** What Forge and A1111 do alike. */
export function createWebUiBackend(options: SdApiOptions, api: SdApi): Backend {
  /**
   * A job that begins counts −1 until it is known how many pictures it makes, so what is not 0 is busy. Jobs that
   * wait for the lock are not told of.
   */
  async function jobs(signal: AbortSignal): Promise<JobsOutcome> {
    const answer = await api.get(PROGRESS, signal);
    if (answer.kind === "failed") return answer;
    const said = readAnswer(answer, progressSchema);
    if (said === null) return unreadable(options.kind);
    return { kind: "jobs", busy: said.state.job_count !== 0 || said.state.job !== "", queue: null };
  }

  async function status(signal: AbortSignal): Promise<StatusOutcome> {
    const [found, allocator] = await Promise.all([jobs(signal), api.allocator(signal)]);
    if (found.kind === "failed") return found;
    const { busy, queue } = found;
    return { kind: "status", status: { busy, queue, models: [], allocator } };
  }

  return {
    id: options.id,
    kind: options.kind,
    url: options.url,
    modes: ["auto", "now", "after-current", "interrupt"],
    duringJob: "unsafe",
    status,
    unload: async (_mode, signal) => unloadIfIdle(api, await jobs(signal), signal),
    interrupt: (signal) => api.post("interrupt", signal),
  };
}

export const FORGE_ROW: AdapterRow = {
  status: "`GET /sdapi/v1/progress`, `GET /sdapi/v1/memory`",
  busy: "`job` and `job_count` of the progress",
  unload: "`POST /sdapi/v1/unload-checkpoint`",
  load: null,
  cancel: "`POST /sdapi/v1/interrupt`",
  hold: null,
  touches: "`/memory` asks CUDA for free memory; the progress decodes a preview",
};
