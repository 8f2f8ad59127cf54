import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import type { AdapterOptions } from "./adapter-options.ts";
import type { AdapterRow } from "./adapter-row.ts";
import type { Backend, CallOutcome, StatusOutcome, UnloadOutcome } from "./backend.ts";
import { type CallFailure, readAnswer, unreadable } from "./call.ts";
import { createKeyedCaller } from "./keyed-caller.ts";

const QUEUE = "/api/v1/queue/default";
const REMEDY = "Update InvokeAI to a version whose model cache can be emptied.";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const queueSchema = v.object({
  queue: v.object({
    pending: count,
    in_progress: count,
    /** The running item; `null` also where it belongs to another user. */
    item_id: v.nullish(v.pipe(v.number(), v.integer()), null),
  }),
  processor: v.object({ is_processing: v.boolean() }),
});
type Queue =
  | { kind: "queue"; busy: boolean; running: number; pending: number; itemId: number | null }
  | Pick<CallFailure, "kind" | "problem" | "reached">;

/**
 * InvokeAI, whose models in use are locked and stay, while the others go at once. Its cache statistics are not
 * asked for: they count what the last job fetched, 0 with models in the cache and the old number after an
 * emptying, and only an admin may read them.
 */
export function createInvokeAiBackend(options: AdapterOptions<"invokeai">): Backend {
  const call = createKeyedCaller(options);
  const { statusTimeoutMs: timeoutMs } = options;

  async function queue(signal: AbortSignal): Promise<Queue> {
    // Not `/current`, which carries the whole graph of the job.
    const answer = await call(`${QUEUE}/status`, signal, { timeoutMs });
    if (answer.kind === "failed") return answer;
    const said = readAnswer(answer, queueSchema);
    if (said === null) return unreadable("invokeai");
    const { pending, in_progress: running, item_id: itemId } = said.queue;
    // A cancelled item leaves the queue at once, the processor only when its step has ended.
    return { kind: "queue", busy: running > 0 || said.processor.is_processing, running, pending, itemId };
  }

  async function status(signal: AbortSignal): Promise<StatusOutcome> {
    const found = await queue(signal);
    if (found.kind === "failed") return found;
    const { busy, pending } = found;
    return { kind: "status", status: { busy, queue: pending, models: [], allocator: null } };
  }

  async function unload(_mode: unknown, signal: AbortSignal): Promise<UnloadOutcome> {
    const answer = await call("/api/v2/models/empty_model_cache", signal, { method: "POST" });
    if (answer.kind === "answered") return { kind: "accepted", claim: null };
    if (answer.status !== 404) return answer;
    return { ...answer, problem: problem("backend-no-api", { remedy: REMEDY }) };
  }

  /** Cancels the running item alone; where several GPUs work, that of one of them. */
  async function interrupt(signal: AbortSignal): Promise<CallOutcome> {
    const found = await queue(signal);
    if (found.kind === "failed") return found;
    if (found.running === 0) return { kind: "accepted" };
    if (found.itemId === null) {
      return { kind: "failed", problem: problem("backend-unauthorized", { status: 403 }), reached: true };
    }
    const answer = await call(`${QUEUE}/i/${found.itemId}/cancel`, signal, { method: "PUT" });
    // 404: it has ended and was cleared away meanwhile.
    return answer.kind === "failed" && answer.status !== 404 ? answer : { kind: "accepted" };
  }

  return {
    id: options.id,
    kind: "invokeai",
    url: options.url,
    modes: ["auto", "now", "after-current", "interrupt"],
    duringJob: "spared",
    status,
    unload,
    interrupt,
  };
}

export const INVOKEAI_ROW: AdapterRow = {
  status: "`GET /api/v1/queue/default/status`",
  busy: "`in_progress` and `is_processing` of the same",
  unload: "`POST /api/v2/models/empty_model_cache`",
  load: null,
  cancel: "`PUT /api/v1/queue/default/i/{item}/cancel`",
  hold: null,
  touches: "no model, no GPU",
};
