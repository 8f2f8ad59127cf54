import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import type { AdapterOptions } from "./adapter-options.ts";
import type { AdapterRow } from "./adapter-row.ts";
import type { Backend, StatusOutcome, UnloadOutcome } from "./backend.ts";
import { readAnswer, unreadable } from "./call.ts";
import { createGradioApp } from "./gradio-app.ts";

/** It becomes part of an address. */
const joinedSchema = v.object({ event_id: v.pipe(v.string(), v.regex(/^[\w-]{1,100}$/)) });
const queueSchema = v.object({ queue_size: v.pipe(v.number(), v.integer(), v.minValue(0)) });

/**
 * An endpoint of a Gradio app (4.20 to 6) that unloads its models. A call is a session of its own: what the
 * endpoint keeps in `gr.State` does not tell it of the jobs of others.
 *
 * These are own calls and not `@gradio/client` (2.7.0, on Node 20.20). That is small, 2 packages, 0.9 MiB, 11 ms
 * and 3 MiB of RSS, and can be bundled, but it keeps none of the limits of call.ts. Measured: it reads an answer
 * of any size (400 MB took the RSS from 65 to 489 MiB); it follows a redirect, and the `root` that an app gives
 * of itself, to another host, both with the headers of the config; it takes no AbortSignal; the heartbeat of an
 * app with `gr.State` stays open while idle and even after close(), as does the stream of a job after cancel();
 * it writes to the console. It also reads `/config` and `/info`, which are as large as the app.
 */
export function createGradioBackend(options: AdapterOptions<"gradio">): Backend {
  const app = createGradioApp(options);
  const route = `/call/${options.apiName.replace(/^\//, "")}`;
  const { statusTimeoutMs: timeoutMs } = options;

  async function status(signal: AbortSignal): Promise<StatusOutcome> {
    const answer = await app.call("/queue/status", signal, { timeoutMs });
    if (answer.kind === "failed") return answer;
    const said = readAnswer(answer, queueSchema);
    if (said === null) return unreadable("gradio");
    // A running job has left the queue: that nothing waits does not mean that nothing runs.
    return { kind: "status", status: { busy: null, queue: said.queue_size, models: [], allocator: null } };
  }

  async function unload(_mode: unknown, signal: AbortSignal): Promise<UnloadOutcome> {
    const joined = await app.call(route, signal, { method: "POST", json: { data: options.data } });
    if (joined.kind === "failed") return joined;
    const said = readAnswer(joined, joinedSchema);
    if (said === null) return unreadable("gradio");
    // It runs by itself from here; but whoever leaves before the end takes a call that waits out of the queue.
    const ended = await app.awaitEvent(`${route}/${said.event_id}`, ["complete", "error"], signal);
    if (ended.kind === "failed") return ended;
    if (ended.name === "complete") return { kind: "accepted", claim: null };
    return {
      kind: "failed",
      problem: problem("backend-status", { status: "200, event: error" }),
      reached: true,
    };
  }

  return {
    id: options.id,
    kind: "gradio",
    url: options.url,
    modes: ["auto", "now", ...(options.queued ? (["after-current"] as const) : [])],
    duringJob: options.queued ? "deferred" : "unknown",
    status,
    unload,
  };
}

export const GRADIO_ROW: AdapterRow = {
  status: "`POST /login` where wanted, `GET {prefix}/queue/status`",
  busy: null,
  unload: "`POST {prefix}/call/{apiName}`, then `GET {prefix}/call/{apiName}/{event}`",
  load: null,
  cancel: null,
  hold: null,
  touches: "no model, no GPU",
};
