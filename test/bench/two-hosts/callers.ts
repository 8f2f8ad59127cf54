import { randomUUID } from "node:crypto";
import * as v from "valibot";
import { waitUntil } from "../../helpers/wait-until.ts";

/** What a host said at the end of a job. */
export interface Said {
  outcome: "done" | "failed" | "refused";
  said: string;
}

const configSchema = v.object({
  dependencies: v.array(
    v.object({ id: v.number(), api_name: v.nullable(v.union([v.string(), v.boolean()])) }),
  ),
});
const messageSchema = v.looseObject({
  msg: v.string(),
  success: v.optional(v.boolean()),
  output: v.optional(v.nullable(v.looseObject({ error: v.optional(v.nullable(v.string())) }))),
});

/** Somebody at a Gradio page: calls and listens as the page does. */
export async function createGradioCaller(url: string) {
  const { dependencies } = v.parse(configSchema, await (await fetch(`${url}config`)).json());
  const session = randomUUID().slice(0, 12);
  return async (api: string, data: readonly unknown[], signal: AbortSignal): Promise<Said> => {
    const fn_index = dependencies.find(({ api_name }) => api_name === api)?.id;
    const body = JSON.stringify({ data, fn_index, session_hash: session, trigger_id: null });
    const headers = { "content-type": "application/json" };
    const joined = await fetch(`${url}gradio_api/queue/join`, { method: "POST", headers, body, signal });
    if (!joined.ok) return { outcome: "refused", said: await joined.text() };
    const stream = await fetch(`${url}gradio_api/queue/data?session_hash=${session}`, { signal });
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of stream.body ?? []) {
      rest += decoder.decode(chunk, { stream: true });
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (!line.startsWith("data: ")) continue;
        const { msg, success, output } = v.parse(messageSchema, JSON.parse(line.slice(6)));
        if (msg !== "process_completed") continue;
        const said = output?.error ?? "";
        const isRefused = /VRAM/.test(said);
        return { outcome: success === true ? "done" : isRefused ? "refused" : "failed", said };
      }
    }
    return { outcome: "failed", said: "the stream ended" };
  };
}

const queuedSchema = v.object({ prompt_id: v.string() });
const historySchema = v.record(
  v.string(),
  v.looseObject({ status: v.looseObject({ status_str: v.string(), messages: v.array(v.unknown()) }) }),
);

/** Somebody at ComfyUI's page. */
export function createComfyCaller(url: string) {
  const client_id = randomUUID();
  return async (prompt: unknown, signal: AbortSignal): Promise<Said> => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${url}prompt`, {
      method: "POST",
      headers,
      body: JSON.stringify({ prompt, client_id }),
      signal,
    });
    const text = await answer.text();
    if (!answer.ok) return { outcome: "refused", said: text };
    const { prompt_id } = v.parse(queuedSchema, JSON.parse(text));
    const over = async () => {
      signal.throwIfAborted();
      return v.parse(historySchema, await (await fetch(`${url}history/${prompt_id}`)).json())[prompt_id];
    };
    const { status } = await waitUntil(over, { timeoutMs: 86_400_000, everyMs: 500, what: prompt_id });
    const isDone = status.status_str === "success";
    return {
      outcome: isDone ? "done" : "failed",
      said: isDone ? "" : JSON.stringify(status.messages).slice(0, 500),
    };
  };
}
