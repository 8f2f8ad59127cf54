import * as v from "valibot";
import { backoffMs } from "../../lib/backoff.ts";
import type { BackendTimings } from "../../timings.ts";

export interface LlamaCppEventsOptions {
  url: string;
  headers: Readonly<Record<string, string>>;
  timings: BackendTimings;
}

/** `model_status` in builds of 2026, `status_change` since; a build between them sends both. */
const eventSchema = v.object({
  model: v.string(),
  event: v.picklist(["model_status", "status_change"]),
  data: v.object({ status: v.string() }),
});
/** A model that has loaded tells all about itself. */
const LONGEST_LINE = 256 * 1024;

/**
 * Listens to `GET /models/sse`, where a router tells of each model that loads, has loaded or has gone. Connects again
 * by itself until the returned function is called; an old build has no such route. Never throws.
 */
export function listenToLlamaCpp(
  { url, headers, timings }: LlamaCppEventsOptions,
  onModel: (model: string, status: string) => void,
): () => void {
  const ending = new AbortController();
  let retry: NodeJS.Timeout | undefined;
  let attempt = 0;

  async function listen() {
    try {
      const response = await fetch(`${url.replace(/\/+$/, "")}/models/sse`, {
        headers: { accept: "text/event-stream", ...headers },
        redirect: "manual",
        signal: ending.signal,
      });
      if (response.ok) for await (const line of linesOf(response.body ?? [])) take(line);
      else await response.body?.cancel();
    } catch {
      // The polled status tells what is wrong.
    }
    if (ending.signal.aborted) return;
    retry = setTimeout(
      () => void listen(),
      backoffMs(attempt++, timings.firstRetryMs, timings.longestRetryMs),
    );
  }

  function take(line: string) {
    const event = readEvent(line);
    if (event === null || ending.signal.aborted) return;
    attempt = 0;
    onModel(event.model, event.data.status);
  }

  void listen();
  return () => {
    clearTimeout(retry);
    ending.abort();
  };
}

function readEvent(line: string): v.InferOutput<typeof eventSchema> | null {
  if (!line.startsWith("data:")) return null;
  try {
    const parsed = v.safeParse(eventSchema, JSON.parse(line.slice("data:".length)));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

async function* linesOf(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r/);
    rest = lines.pop() ?? "";
    if (rest.length > LONGEST_LINE) throw new Error("a line is too long");
    yield* lines;
  }
}
