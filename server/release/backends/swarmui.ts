import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import type { AdapterOptions } from "./adapter-options.ts";
import type { AdapterRow } from "./adapter-row.ts";
import type { Backend, CallOutcome, StatusOutcome, UnloadOutcome } from "./backend.ts";
import { readAnswer, unreadable } from "./call.ts";
import { createSwarmUiApi } from "./swarmui-api.ts";

/** Not `GetCurrentStatus`, which counts only the jobs of the calling session: always 0 for this one. */
const STATUS = { name: "GetGlobalStatus", permission: "read_server_info_panels" };
const FREE = { name: "FreeBackendMemory", permission: "control_mem_clean" };
const INTERRUPT = { name: "InterruptAll", permission: "basic_image_generation" };

const count = v.pipe(v.number(), v.minValue(0));
/** `backend_status` beside it tells whether backends are ready, not whether they work. */
const statusSchema = v.object({
  status: v.object({ waiting_gens: count, live_gens: count, loading_models: count }),
});
const freeSchema = v.object({ result: v.boolean(), count });
const interruptSchema = v.object({ success: v.literal(true) });

/**
 * SwarmUI. It passes an unload on to its ComfyUI backends and does not wait for them, so that all said there of
 * `/free` holds here: taken up after the running job, and now and then missed by an idle worker.
 */
export function createSwarmUiBackend(options: AdapterOptions<"swarmui">): Backend {
  const api = createSwarmUiApi(options);

  async function status(signal: AbortSignal): Promise<StatusOutcome> {
    const answer = await api(STATUS, {}, signal, options.statusTimeoutMs);
    if (answer.kind === "failed") return answer;
    const said = readAnswer(answer, statusSchema);
    if (said === null) return unreadable("swarmui");
    const { waiting_gens: unfinished, live_gens: running, loading_models: loading } = said.status;
    return {
      kind: "status",
      status: {
        busy: unfinished + running + loading > 0,
        // `waiting_gens` counts what is not finished, running ones among them.
        queue: Math.max(0, unfinished - Math.max(running, 1)),
        models: [],
        allocator: null,
      },
    };
  }

  async function unload(_mode: unknown, signal: AbortSignal): Promise<UnloadOutcome> {
    const answer = await api(FREE, { system_ram: options.systemRam, backend: "all" }, signal);
    if (answer.kind === "failed") return answer;
    const said = readAnswer(answer, freeSchema);
    if (said === null) return unreadable("swarmui");
    if (said.result && said.count > 0) return { kind: "accepted", claim: null };
    const remedy = "Start a backend on the Backends page of SwarmUI's server tab.";
    return { kind: "failed", problem: problem("backend-no-api", { remedy }), reached: false };
  }

  /** Stops the generations of the user whose key it is, in all sessions. */
  async function interrupt(signal: AbortSignal): Promise<CallOutcome> {
    const answer = await api(INTERRUPT, { other_sessions: true }, signal);
    if (answer.kind === "failed") return answer;
    return readAnswer(answer, interruptSchema) === null ? unreadable("swarmui") : { kind: "accepted" };
  }

  return {
    id: options.id,
    kind: "swarmui",
    url: options.url,
    modes: ["auto", "now", "after-current", "interrupt"],
    duringJob: "deferred",
    retryWhileIdle: true,
    status,
    unload,
    interrupt,
  };
}

export const SWARMUI_ROW: AdapterRow = {
  status: "`POST /API/GetNewSession` once, `POST /API/GetGlobalStatus`",
  busy: "its counts of generations and loads",
  unload: "`POST /API/FreeBackendMemory`",
  load: null,
  cancel: "`POST /API/InterruptAll`",
  hold: null,
  touches: "no model, no GPU",
};
