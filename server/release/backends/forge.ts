import * as v from "valibot";
import type { AdapterRow } from "./adapter-row.ts";
import type { Backend, Occasion, StatusOutcome } from "./backend.ts";
import { readAnswer, unreadable } from "./call.ts";
import { createSdApi, type JobsOutcome, type SdApi, type SdApiOptions, unloadIfIdle } from "./sdapi.ts";

/** Without `skip_current_image` the answer carries a picture. */
const PROGRESS = "progress?skip_current_image=true";
/**
 * While a job runs each answer decodes a preview on the GPU, sent or not. So often what was said of a job is taken as still
 * true, by a panel that watches and by a release that waits, which looks more often.
 */
const TAKEN_AS_TRUE: Readonly<Record<Occasion, number>> = { watching: 6, waiting: 2, releasing: 0 };

const progressSchema = v.object({
  state: v.object({
    job_count: v.number(),
    job: v.nullish(v.string(), ""),
    job_timestamp: v.nullish(v.string(), null),
  }),
});

/** Stable Diffusion WebUI Forge; its models come back by themselves with the next job. */
export function createForgeBackend(options: SdApiOptions): Backend {
  return createWebUiBackend(options, createSdApi(options));
}

/** What Forge and A1111 do alike. */
export function createWebUiBackend(options: SdApiOptions, api: SdApi): Backend {
  /** What was last told of a job that runs, and how often it has been taken as still true. */
  let seen: { job: string | null; looks: number } | null = null;

  /**
   * A job that begins counts −1 until it is known how many pictures it makes, so what is not 0 is busy. Jobs that wait
   * for the lock without having come through the page are not told of.
   */
  async function jobs(signal: AbortSignal, occasion: Occasion): Promise<JobsOutcome> {
    const queue = await api.pending(signal);
    if (seen !== null && seen.looks < TAKEN_AS_TRUE[occasion]) {
      seen.looks++;
      return { kind: "jobs", busy: true, queue, job: seen.job };
    }
    const answer = await api.get(PROGRESS, signal);
    if (answer.kind === "failed") return answer;
    const said = readAnswer(answer, progressSchema);
    if (said === null) return unreadable(options.kind);
    const { job_count, job: name, job_timestamp: job } = said.state;
    const runs = job_count !== 0 || name !== "";
    seen = runs ? { job, looks: 0 } : null;
    // One that waits begins as soon as it can.
    return { kind: "jobs", busy: runs || (queue ?? 0) > 0, queue, job: runs ? job : null };
  }

  async function status(signal: AbortSignal, occasion: Occasion = "watching"): Promise<StatusOutcome> {
    const [found, allocator] = await Promise.all([jobs(signal, occasion), api.allocator(signal, occasion)]);
    if (found.kind === "failed") {
      seen = null;
      return found;
    }
    const { busy, queue, job } = found;
    return { kind: "status", status: { busy, queue, job, models: [], allocator } };
  }

  return {
    id: options.id,
    kind: options.kind,
    url: options.url,
    modes: ["auto", "now", "after-current", "interrupt"],
    duringJob: "unsafe",
    status,
    unload: async (_mode, signal) => unloadIfIdle(api, await jobs(signal, "releasing"), signal),
    interrupt: (signal) => api.post("interrupt", signal),
  };
}

export const FORGE_ROW: AdapterRow = {
  status:
    "`GET /internal/pending-tasks`, `GET /sdapi/v1/progress` (while a job runs each seventh time alone, each third while one waits for its end); around a release `GET /sdapi/v1/memory`",
  busy: "`job` and `job_count` of the progress, `size` of the pending tasks",
  unload: "`POST /sdapi/v1/unload-checkpoint`",
  load: null,
  cancel: "`POST /sdapi/v1/interrupt`",
  hold: null,
  touches:
    "while a job runs the progress decodes a preview; around a release `/memory` asks CUDA for free memory",
};
