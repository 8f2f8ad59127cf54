import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import type { AdapterOptions } from "./adapter-options.ts";
import type { AdapterRow } from "./adapter-row.ts";
import type { Backend, CallOutcome, Occasion, StatusOutcome, UnloadOutcome } from "./backend.ts";
import { readAnswer, unreadable } from "./call.ts";
import { createSwarmUiApi } from "./swarmui-api.ts";

/** Not `GetCurrentStatus`, which counts only the jobs of the calling session: always 0 for this one. */
const STATUS = { name: "GetGlobalStatus", permission: "read_server_info_panels" };
const FREE = { name: "FreeBackendMemory", permission: "control_mem_clean" };
const INTERRUPT = { name: "InterruptAll", permission: "basic_image_generation" };
const BACKENDS = { name: "ListBackends", permission: "view_backends_list" };
const SELECT = { name: "SelectModel", permission: "load_models_now" };

const count = v.pipe(v.number(), v.minValue(0));
/** `backend_status` beside it tells whether backends are ready, not whether they work. */
const statusSchema = v.object({
  status: v.object({ waiting_gens: count, live_gens: count, loading_models: count }),
});
const freeSchema = v.object({ result: v.boolean(), count });
const succeededSchema = v.object({ success: v.literal(true) });
const backendsSchema = v.record(
  v.string(),
  v.object({ type: v.string(), status: v.string(), current_model: v.nullish(v.string(), null) }),
);
type Backends = v.InferOutput<typeof backendsSchema>[string][];

/** ComfyUI's, and other SwarmUIs, whose backends are ComfyUI's as a rule. Others unload at once, under a job too. */
const DEFERS = /^(?:comfyui_|swarmswarm)/;

/**
 * SwarmUI. It passes an unload on to its backends and does not wait for them. To ComfyUI ones applies all that is said
 * there of `/free`: taken up after the running job, and now and then missed by an idle worker.
 */
export function createSwarmUiBackend(options: AdapterOptions<"swarmui">): Backend {
  const api = createSwarmUiApi(options);
  /** All that run wait for their job; as listed last. */
  let allDefer = true;
  /** Loaded when it was last asked to unload. */
  let unloaded: readonly string[] = [];

  async function status(signal: AbortSignal, occasion: Occasion = "watching"): Promise<StatusOutcome> {
    const answer = await api(STATUS, {}, signal, options.statusTimeoutMs);
    if (answer.kind === "failed") return answer;
    const said = readAnswer(answer, statusSchema);
    if (said === null) return unreadable("swarmui");
    if (occasion === "releasing") {
      const running = await runningBackends(signal);
      allDefer = running?.every(({ type }) => DEFERS.test(type)) ?? true;
    }
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

  /** `null` where it does not tell: that takes a permission of its own. */
  async function runningBackends(signal: AbortSignal): Promise<Backends | null> {
    const answer = await api(BACKENDS, { full_data: true }, signal, options.statusTimeoutMs);
    const said = answer.kind === "failed" ? null : readAnswer(answer, backendsSchema);
    return said && Object.values(said).filter((one) => one.status === "running");
  }

  async function unload(_mode: unknown, signal: AbortSignal): Promise<UnloadOutcome> {
    const held = ((await runningBackends(signal)) ?? []).flatMap((one) => one.current_model || []);
    const answer = await api(FREE, { system_ram: options.systemRam, backend: "all" }, signal);
    if (answer.kind === "failed") return answer;
    const said = readAnswer(answer, freeSchema);
    if (said === null) return unreadable("swarmui");
    if (said.result && said.count > 0) {
      // A second call finds nothing loaded.
      if (held.length > 0) unloaded = [...new Set(held)];
      return { kind: "accepted", claim: null };
    }
    const remedy = "Start a backend on the Backends page of SwarmUI's server tab.";
    return { kind: "failed", problem: problem("backend-no-api", { remedy }), reached: false };
  }

  async function load(signal: AbortSignal): Promise<CallOutcome> {
    for (const model of unloaded) {
      const answer = await api(SELECT, { model }, signal, options.loadTimeoutMs);
      if (answer.kind === "failed") return answer;
      if (readAnswer(answer, succeededSchema) === null) {
        return { kind: "failed", problem: problem("not-loaded"), reached: true };
      }
    }
    unloaded = [];
    return { kind: "accepted" };
  }

  /** Stops the generations of the user whose key it is, in all sessions. */
  async function interrupt(signal: AbortSignal): Promise<CallOutcome> {
    const answer = await api(INTERRUPT, { other_sessions: true }, signal);
    if (answer.kind === "failed") return answer;
    return readAnswer(answer, succeededSchema) === null ? unreadable("swarmui") : { kind: "accepted" };
  }

  return {
    id: options.id,
    kind: "swarmui",
    url: options.url,
    modes: ["auto", "now", "after-current", "interrupt"],
    get duringJob() {
      return allDefer ? ("deferred" as const) : ("unknown" as const);
    },
    retryWhileIdle: true,
    status,
    unload,
    load,
    hasUnloaded: () => unloaded.length > 0,
    interrupt,
  };
}

export const SWARMUI_ROW: AdapterRow = {
  status:
    "`POST /API/GetNewSession` once, `POST /API/GetGlobalStatus`; around a release `POST /API/ListBackends`",
  busy: "its counts of generations and loads",
  unload: "`POST /API/FreeBackendMemory`",
  load: "`POST /API/SelectModel` for each model that was loaded",
  cancel: "`POST /API/InterruptAll`",
  hold: null,
  touches: "no model, no GPU",
};
