import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import type { Failed } from "./backend.ts";

/** Where a backend is and how it is called. */
export interface CallerOptions {
  /** `http(s)://host:port` with an optional path prefix; what is called is put behind it. */
  url: string;
  /** Sent with every call; the place for secrets. */
  headers?: Readonly<Record<string, string>>;
  /** Time limit of a call, its answer included. */
  timeoutMs: number;
}

export interface Call {
  method?: string;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as a form, as a log-in wants it. */
  form?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  timeoutMs?: number;
  /** Answers up to this size are read; a larger one counts as one without a body. */
  largestBytes?: number;
  /** … or its beginning is read. */
  cut?: boolean;
}

/** A 2xx answer; `text` is `null` when the body was too large or broke off. */
export interface Answer {
  kind: "answered";
  status: number;
  text: string | null;
  headers: Headers;
}
/** `status`: the HTTP status, where there was an answer that is not 2xx. */
export interface CallFailure extends Failed {
  status: number | null;
}

/** Calls one backend. Never throws, follows no redirect, reads no endless answer, ends with `signal` or by its time limit. */
export type Caller = (path: string, signal: AbortSignal, call?: Call) => Promise<Answer | CallFailure>;

const LARGEST_ANSWER_BYTES = 64 * 1024;
/** Answers of a backend that has done nothing: log-in wanted, no such route, too many requests. */
const REFUSED: readonly number[] = [401, 403, 404, 405, 429];
/** Errors from before a connection was made: the backend cannot have acted. */
const NOT_REACHED =
  /ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|CONNECT_TIMEOUT|CERT|TLS|SSL|EPROTO/;

export function createCaller({ url, headers = {}, timeoutMs: usualMs }: CallerOptions): Caller {
  const base = url.replace(/\/+$/, "");
  return async (path, signal, call = {}) => {
    const timeoutMs = call.timeoutMs ?? usualMs;
    const ending = new AbortController();
    const end = () => ending.abort();
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      end();
    }, timeoutMs);
    // Not AbortSignal.any: on Node 20 each call would leave something behind in a signal that lives as long as the sidecar.
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    const body = bodyOf(call);
    try {
      const response = await fetch(`${base}${path}`, {
        method: call.method ?? "GET",
        headers: { accept: "application/json", ...body?.headers, ...headers, ...call.headers },
        ...(body === null ? {} : { body: body.text }),
        redirect: "manual",
        signal: ending.signal,
      });
      const { status } = response;
      const text = await readSome(response, call.largestBytes ?? LARGEST_ANSWER_BYTES, call.cut ?? false);
      if (response.ok) return { kind: "answered", status, text, headers: response.headers };
      const refused = REFUSED.includes(status);
      return { kind: "failed", problem: statusProblem(status), reached: true, refused, status };
    } catch (error) {
      return { status: null, ...failure(error, signal.aborted, timedOut, timeoutMs) };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
    }
  };
}

/** The JSON of an answer as the schema has it; `null` for anything else. */
export function readAnswer<TSchema extends v.GenericSchema>(
  answer: Answer,
  schema: TSchema,
): v.InferOutput<TSchema> | null {
  if (answer.text === null || answer.text.trim() === "") return null;
  try {
    const parsed = v.safeParse(schema, JSON.parse(answer.text));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

/** An answer that is not what this kind of backend says: probably something else listens there. */
export function unreadable(kind: string): { kind: "failed"; problem: Problem; reached: true } {
  return { kind: "failed", problem: problem("backend-unreadable", { kind }), reached: true };
}

function statusProblem(status: number): Problem {
  if (status >= 300 && status < 400) return problem("backend-redirect", { status });
  if (status === 401 || status === 403) return problem("backend-unauthorized", { status });
  if (status === 429) return problem("backend-rate-limit", { status });
  return problem("backend-status", { status });
}

function bodyOf({ json, form }: Call) {
  if (form !== undefined) {
    return {
      text: new URLSearchParams(form).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    };
  }
  if (json === undefined) return null;
  return { text: JSON.stringify(json), headers: { "content-type": "application/json" } };
}

function failure(error: unknown, closing: boolean, timedOut: boolean, timeoutMs: number) {
  const failed = (found: Problem, reached: boolean) => ({ kind: "failed" as const, problem: found, reached });
  if (closing) return failed(problem("sidecar-closing"), true);
  if (timedOut) return failed(problem("backend-timeout", { seconds: timeoutMs / 1000 }), true);
  const detail = causeOf(error);
  if (NOT_REACHED.test(detail)) return failed(problem("backend-unreachable", { detail }), false);
  return failed(problem("backend-broken-answer", { detail }), true);
}

/** The innermost reason that fetch gives: a code such as ECONNREFUSED where there is one. */
function causeOf(error: unknown): string {
  // Thrown before anything is sent, for an address or a header that cannot be: its words would tell the header's value.
  if (error instanceof TypeError && error.cause === undefined)
    return "the request cannot be sent as configured";
  let reason: unknown = error;
  while (reason instanceof Error && reason.cause !== undefined) reason = reason.cause;
  if (!(reason instanceof Error)) return "unknown error";
  return "code" in reason && typeof reason.code === "string" ? reason.code : reason.message;
}

/** The body as text; `null` when it is too large or breaks off: the status is what counts. */
async function readSome(response: Response, largestBytes: number, cut: boolean): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > largestBytes && !cut) return null;
      chunks.push(chunk);
      if (bytes > largestBytes) break;
    }
  } catch {
    return null;
  }
  return Buffer.concat(chunks).toString("utf8");
}
