import { problem } from "../../../shared/problems/make-problem.ts";
import type { Problem } from "../../../shared/problems/problem.ts";

export interface EventStream {
  url: string;
  headers: Readonly<Record<string, string>>;
  /** Time limit for the whole stream. */
  timeoutMs: number;
}

/** What ended the wait. The stream tells of something that was asked for already: it was reached in any case. */
export type AwaitedEvent =
  | { kind: "event"; name: string }
  | { kind: "failed"; problem: Problem; reached: true };

/** An endless stream is left here; heartbeats of a day are less. */
const LARGEST_STREAM_BYTES = 1024 * 1024;
/** Of a longer line only the beginning is kept: names of events stand there, what they carry is not read. */
const KEPT_LINE_LENGTH = 256;

/**
 * Reads server-sent events until one of `names` comes. Never throws, follows no redirect, ends with `signal` or by
 * its time limit, and keeps nothing open behind it.
 */
export async function awaitEvent(
  { url, headers, timeoutMs }: EventStream,
  names: readonly string[],
  signal: AbortSignal,
): Promise<AwaitedEvent> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const failed = (found: Problem): AwaitedEvent => ({ kind: "failed", problem: found, reached: true });
  try {
    const response = await fetch(url, {
      headers: { accept: "text/event-stream", ...headers },
      redirect: "manual",
      signal: AbortSignal.any([signal, timeout]),
    });
    const { status, body } = response;
    if (!response.ok) {
      await body?.cancel();
      const code = status >= 300 && status < 400 ? "backend-redirect" : "backend-status";
      return failed(problem(code, { status }));
    }
    for await (const name of eventNames(body ?? [])) {
      if (names.includes(name)) return { kind: "event", name };
    }
    return failed(problem("backend-broken-answer", { detail: "the event stream ended early" }));
  } catch (error) {
    if (signal.aborted) return failed(problem("sidecar-closing"));
    if (timeout.aborted) return failed(problem("backend-timeout", { seconds: timeoutMs / 1000 }));
    const detail = error instanceof Error ? error.message : "unknown error";
    return failed(problem("backend-broken-answer", { detail }));
  }
}

/** The names of events as their `event:` lines come. */
async function* eventNames(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  let bytes = 0;
  let rest = "";
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > LARGEST_STREAM_BYTES) throw new Error("the event stream is too long");
    // Names are ASCII; what else a byte may be part of does not matter.
    const lines = (rest + Buffer.from(chunk).toString("latin1")).split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? "").slice(0, KEPT_LINE_LENGTH);
    for (const line of lines) {
      const name = /^event: ?(.*)$/.exec(line)?.[1];
      if (name !== undefined) yield name;
    }
  }
}
