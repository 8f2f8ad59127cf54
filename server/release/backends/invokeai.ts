import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import type { AdapterOptions } from "./adapter-options.ts";
import type { AdapterRow } from "./adapter-row.ts";
import type { Backend, CallOutcome, HoldOutcome, StatusOutcome, UnloadOutcome } from "./backend.ts";
import { type CallFailure, readAnswer, unreadable } from "./call.ts";
import { createKeyedCaller } from "./keyed-caller.ts";

const QUEUE = "/api/v1/queue/default";
const MODELS = "/api/v2/models";
const REMEDY = "Update InvokeAI to a version whose model cache can be emptied.";
/** A queue that stays held stops everybody's work: the call that lets it go is made again where it fails. */
const TRIES_TO_LET_GO = 3;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const queueSchema = v.object({
  queue: v.object({
    pending: count,
    in_progress: count,
    /** The running item; `null` also where it belongs to another user. */
    item_id: v.nullish(v.pipe(v.number(), v.integer()), null),
  }),
  processor: v.object({ is_processing: v.boolean(), is_started: v.optional(v.boolean(), true) }),
});
const statsSchema = v.object({ cleared: count });

interface Jobs {
  kind: "jobs";
  busy: boolean;
  running: number;
  pending: number;
  itemId: number | null;
  paused: boolean;
}
type Queue = Jobs | Pick<CallFailure, "kind" | "problem" | "reached">;

/** Not for the end of the sidecar either: whoever holds a queue lets it go. */
const NEVER = new AbortController().signal;

const isLeft = (letGo: CallOutcome) => letGo.kind === "failed" && letGo.reached;

/**
 * InvokeAI, whose models in use are locked and stay, while the others go at once. All of them go between two jobs alone,
 * for which its queue is held. What its cache says it holds is not asked for: it counts what the last job fetched.
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
    const { is_processing, is_started } = said.processor;
    // A cancelled item leaves the queue at once, the processor only when its step has ended.
    const busy = running > 0 || is_processing;
    return { kind: "jobs", busy, running, pending, itemId, paused: !is_started };
  }

  async function status(signal: AbortSignal): Promise<StatusOutcome> {
    const found = await queue(signal);
    if (found.kind === "failed") return found;
    const { busy, pending, itemId, paused } = found;
    const job = itemId === null ? null : String(itemId);
    return {
      kind: "status",
      status: { busy, queue: pending, job, paused, models: [], allocator: null },
    };
  }

  /** How many models its last clearing dropped: only news tells of ours. */
  async function cleared(signal: AbortSignal): Promise<number | null> {
    const answer = await call(`${MODELS}/stats`, signal, { timeoutMs });
    return answer.kind === "failed" ? null : (readAnswer(answer, statsSchema)?.cleared ?? null);
  }

  async function unload(_mode: unknown, signal: AbortSignal): Promise<UnloadOutcome> {
    const before = await cleared(signal);
    const answer = await call(`${MODELS}/empty_model_cache`, signal, { method: "POST" });
    if (answer.kind === "answered") {
      const dropped = await cleared(signal);
      const isNews = dropped !== null && dropped > 0 && dropped !== before;
      return {
        kind: "accepted",
        claim: isNews ? { freedMiB: null, models: null, dropped } : null,
      };
    }
    if (answer.status !== 404) return answer;
    return { ...answer, problem: problem("backend-no-api", { remedy: REMEDY }) };
  }

  async function hold(signal: AbortSignal): Promise<HoldOutcome> {
    const found = await queue(signal);
    if (found.kind === "failed") return found;
    // Somebody else has paused it, and will resume it.
    if (found.paused) return { kind: "held", letGo: async () => ({ kind: "accepted" }) };
    const answer = await call(`${QUEUE}/processor/pause`, signal, { method: "PUT", timeoutMs });
    if (answer.kind === "answered") return { kind: "held", letGo };
    if (!answer.reached || answer.refused === true) return answer;
    // It may have paused all the same.
    return isLeft(await letGo()) ? { ...answer, problem: problem("queue-left-held") } : answer;
  }

  async function letGo(): Promise<CallOutcome> {
    for (let tries = 1; ; tries++) {
      const answer = await call(`${QUEUE}/processor/resume`, NEVER, { method: "PUT", timeoutMs });
      if (answer.kind === "answered") return { kind: "accepted" };
      if (tries === TRIES_TO_LET_GO || !answer.reached) return answer;
    }
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
    hold,
    interrupt,
  };
}

export const INVOKEAI_ROW: AdapterRow = {
  status: "`GET /api/v1/queue/default/status`",
  busy: "`in_progress` and `is_processing` of the same",
  unload: "`POST /api/v2/models/empty_model_cache`, with `GET /api/v2/models/stats` before and after",
  load: null,
  cancel: "`PUT /api/v1/queue/default/i/{item}/cancel`",
  hold: "`PUT /api/v1/queue/default/processor/pause`, then always `PUT /api/v1/queue/default/processor/resume`",
  touches: "no model, no GPU",
};
