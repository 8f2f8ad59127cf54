import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import type { AdapterOptions } from "./adapter-options.ts";
import type { AdapterRow } from "./adapter-row.ts";
import type { Backend, StatusOutcome, UnloadOutcome } from "./backend.ts";
import { type CallFailure, readAnswer, unreadable } from "./call.ts";
import { createKeyedCaller } from "./keyed-caller.ts";
import { unloadEach } from "./unload-each.ts";

/** Every model on disk is listed, each with the arguments it is started with. */
const LARGEST_LIST_BYTES = 1024 * 1024;
/** A sleeping child has let go of its weights and keeps some 600 MiB. To "unload" a downloading one ends its download. */
const IN_VRAM: readonly string[] = ["loaded", "loading", "sleeping"];
const REMEDY =
  "Start llama-server in router mode, that is without a model, or with --sleep-idle-seconds, so that it unloads its one model by itself.";

const listSchema = v.object({
  data: v.array(
    v.object({
      id: v.string(),
      /** Only in router mode. */
      status: v.nullish(v.object({ value: v.string() }), null),
    }),
  ),
});
type Listed = { kind: "models"; names: string[] } | Failed;
type Failed = Pick<CallFailure, "kind" | "problem" | "reached">;

/**
 * A llama.cpp server in router mode, which runs each model in a child process and stops that to unload it, its
 * requests with it. Whether one runs is told by `/slots` alone, and asking that wakes a sleeping child: not asked.
 */
export function createLlamaCppBackend(options: AdapterOptions<"llamacpp">): Backend {
  const call = createKeyedCaller(options);
  const { statusTimeoutMs: timeoutMs } = options;

  async function list(signal: AbortSignal): Promise<Listed> {
    const answer = await call("/models", signal, { timeoutMs, largestBytes: LARGEST_LIST_BYTES });
    if (answer.kind === "failed") return answer;
    const said = readAnswer(answer, listSchema);
    if (said === null) return unreadable("llamacpp");
    if (said.data.some(({ status }) => status === null)) {
      return { kind: "failed", problem: problem("backend-no-api", { remedy: REMEDY }), reached: true };
    }
    const held = said.data.filter(({ status }) => status !== null && IN_VRAM.includes(status.value));
    return { kind: "models", names: held.map(({ id }) => id) };
  }

  async function status(signal: AbortSignal): Promise<StatusOutcome> {
    const listed = await list(signal);
    if (listed.kind === "failed") return listed;
    const models = listed.names.map((name) => ({ name, usedMiB: null }));
    return { kind: "status", status: { busy: null, queue: null, models, allocator: null } };
  }

  async function unload(_mode: unknown, signal: AbortSignal): Promise<UnloadOutcome> {
    const listed = await list(signal);
    if (listed.kind === "failed") return listed;
    return unloadEach(listed.names, async (model) => {
      const answer = await call("/models/unload", signal, { method: "POST", json: { model } });
      // 400: it has stopped since it was listed.
      if (answer.kind === "answered" || answer.status === 400) return { kind: "accepted" };
      if (answer.status !== 404) return answer;
      return { ...answer, problem: problem("backend-no-api", { remedy: REMEDY }) };
    });
  }

  return {
    id: options.id,
    kind: "llamacpp",
    url: options.url,
    modes: ["auto", "now"],
    duringJob: "ends-jobs",
    status,
    unload,
  };
}

export const LLAMACPP_ROW: AdapterRow = {
  status: "`GET /models`",
  busy: null,
  unload: "`POST /models/unload` for each",
  load: null,
  cancel: null,
  hold: null,
  touches: "no model, no GPU",
};
