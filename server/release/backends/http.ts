import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import type { Release, ReleaseMode } from "../../../shared/release/release.ts";
import type { Backend, UnloadOutcome } from "./backend.ts";

/** How to call the hook. */
export interface HttpHook {
  id: string;
  url: string;
  method: string;
  headers: Readonly<Record<string, string>>;
  /** Sent as JSON in place of `{"action":"unload","mode":…}`. */
  body?: unknown;
  timeoutMs: number;
}

const LARGEST_ANSWER_BYTES = 64 * 1024;
/** Errors from before a connection was made: the backend cannot have acted. */
const NOT_REACHED = /ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|CONNECT_TIMEOUT|CERT|TLS|SSL/;

const claimSchema = v.object({
  freed_mib: v.optional(v.nullable(v.number())),
  models: v.optional(v.nullable(v.array(v.string()))),
});

/** The generic unload hook: one HTTP call, any 2xx means accepted. */
export function createHttpBackend(hook: HttpHook): Backend {
  async function unload(mode: ReleaseMode, signal: AbortSignal): Promise<UnloadOutcome> {
    const timeout = AbortSignal.timeout(hook.timeoutMs);
    try {
      const response = await fetch(hook.url, {
        method: hook.method,
        headers: { "content-type": "application/json", accept: "application/json", ...hook.headers },
        ...(hook.method === "GET" ? {} : { body: JSON.stringify(hook.body ?? { action: "unload", mode }) }),
        redirect: "manual",
        signal: AbortSignal.any([signal, timeout]),
      });
      if (response.ok) return { kind: "accepted", claim: readClaim(await readSome(response)) };
      await response.body?.cancel();
      const { status } = response;
      const code = status >= 300 && status < 400 ? "backend-redirect" : "backend-status";
      return { kind: "failed", problem: problem(code, { status }), reached: true };
    } catch (error) {
      return failure(error, signal, timeout, hook.timeoutMs);
    }
  }
  return { id: hook.id, kind: "http", modes: ["auto", "now"], unload };
}

function failure(
  error: unknown,
  signal: AbortSignal,
  timeout: AbortSignal,
  timeoutMs: number,
): UnloadOutcome {
  const failed = (found: Problem, reached: boolean): UnloadOutcome => ({
    kind: "failed",
    problem: found,
    reached,
  });
  if (signal.aborted) return failed(problem("sidecar-closing"), true);
  if (timeout.aborted) return failed(problem("backend-timeout", { seconds: timeoutMs / 1000 }), true);
  const detail = causeOf(error);
  if (NOT_REACHED.test(detail)) return failed(problem("backend-unreachable", { detail }), false);
  return failed(problem("backend-broken-answer", { detail }), true);
}

/** The innermost reason that fetch gives: a code such as ECONNREFUSED where there is one. */
function causeOf(error: unknown): string {
  let reason: unknown = error;
  while (reason instanceof Error && reason.cause !== undefined) reason = reason.cause;
  if (!(reason instanceof Error)) return "unknown error";
  return "code" in reason && typeof reason.code === "string" ? reason.code : reason.message;
}

/** The body as text; `null` when it is too large or breaks off: the answer was 2xx and that is what counts. */
async function readSome(response: Response): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > LARGEST_ANSWER_BYTES) return null;
      chunks.push(chunk);
    }
  } catch {
    return null;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function readClaim(text: string | null): Release["claim"] {
  if (text === null || text.trim() === "") return null;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = v.safeParse(claimSchema, json);
  if (!parsed.success) return null;
  const { freed_mib: freedMiB = null, models = null } = parsed.output;
  return freedMiB === null && models === null ? null : { freedMiB, models };
}
