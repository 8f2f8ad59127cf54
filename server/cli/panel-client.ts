import { createHash, randomBytes } from "node:crypto";
import * as v from "valibot";
import { type Problem, problemSchema } from "../../shared/problems/problem.ts";
import { isLoopbackHost } from "../../shared/protocol/origins.ts";
import { describeIssues } from "../../shared/protocol/requests.ts";
import { hmacOf, keyOf } from "../gateway/signature.ts";
import { wallMs } from "../lib/clock.ts";
import { reasonOf } from "../lib/reason-of.ts";

/** What came of a call. */
export type Told<T> =
  | { kind: "told"; status: number; data: T }
  /** The panel says no. */
  | { kind: "refused"; status: number; problem: Problem; retryAfterS: number | null }
  /** Nobody answers there. */
  | { kind: "away"; why: string }
  /** What answers there is no panel, or one that this program does not understand. */
  | { kind: "strange"; why: string };

export interface Call {
  method?: "GET" | "POST" | "PATCH" | "DELETE";
  body?: object;
  /** How long an answer may take, ms. */
  patienceMs?: number;
  signal?: AbortSignal;
  /** Media types of the answer. */
  accept?: string;
}

/** A panel, by its HTTP API. Never throws. */
export interface PanelClient {
  /** With a slash at its end. */
  readonly url: string;
  /** It runs on this machine, so that its processes are the ones that are seen here. */
  readonly isLocal: boolean;
  call<S extends v.GenericSchema>(path: string, schema: S, call?: Call): Promise<Told<v.InferOutput<S>>>;
}

const USUAL_PATIENCE_MS = 10_000;
const MOST_TRIES = 5;

export function createPanelClient({ url, token }: { url: URL; token: string | null }): PanelClient {
  const isLocal = isLoopbackHost(url.hostname);
  const once: PanelClient["call"] = async (
    path,
    schema,
    { method = "GET", body, patienceMs = USUAL_PATIENCE_MS, signal, accept = "application/json" } = {},
  ) => {
    const target = new URL(path, url);
    const text = body === undefined ? undefined : JSON.stringify(body);
    const limit = AbortSignal.timeout(patienceMs);
    let answer: { status: number; isOk: boolean; retryAfter: string | null; body: unknown };
    try {
      const response = await fetch(target, {
        method,
        redirect: "error",
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
        headers: {
          accept,
          ...(text === undefined ? {} : { "content-type": "application/json" }),
          ...authorization(token, { method, target, text, isLocal }),
        },
        ...(text === undefined ? {} : { body: text }),
      });
      const { status, ok: isOk, headers } = response;
      answer = { status, isOk, retryAfter: headers.get("retry-after"), body: await readBody(response) };
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      return { kind: "away", why: reasonOf(cause) };
    }
    return read(answer, schema);
  };
  return {
    url: url.href,
    isLocal,
    async call(path, schema, call) {
      let told = await once(path, schema, call);
      // A machine that does much else has sent it too slowly; nothing has been done then.
      for (let tries = 1; tries < MOST_TRIES && told.kind === "refused" && told.status === 408; tries++)
        told = await once(path, schema, call);
      return told;
    },
  };
}

function read<S extends v.GenericSchema>(
  {
    status,
    isOk,
    retryAfter,
    body,
  }: { status: number; isOk: boolean; retryAfter: string | null; body: unknown },
  schema: S,
): Told<v.InferOutput<S>> {
  if (isOk) {
    const parsed = v.safeParse(schema, body);
    return parsed.success
      ? { kind: "told", status, data: parsed.output }
      : { kind: "strange", why: describeIssues(parsed.issues).slice(0, 300) };
  }
  const problem = v.safeParse(problemSchema, body);
  if (!problem.success) return { kind: "strange", why: `HTTP ${status}` };
  const after = Number(retryAfter ?? Number.NaN);
  return {
    ...{ kind: "refused", status, problem: problem.output },
    retryAfterS: Number.isFinite(after) ? after : null,
  };
}

/** `null` where it is not JSON. */
async function readBody(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

interface Request {
  method: string;
  target: URL;
  text: string | undefined;
  isLocal: boolean;
}

/**
 * On this machine the token itself is never sent: whoever happens to listen at the port would have it. Elsewhere somebody
 * gave address and token together, and a proxy on the way may change what was signed.
 */
function authorization(
  token: string | null,
  { method, target, text = "", isLocal }: Request,
): Record<string, string> {
  if (token === null) return {};
  if (!isLocal) return { authorization: `Bearer ${token}` };
  const [time, nonce] = [String(wallMs()), randomBytes(16).toString("hex")];
  const digest = `sha-256=:${createHash("sha256").update(text).digest("base64")}:`;
  const signed = ["request", method, `${target.pathname}${target.search}`, target.host, time, nonce, digest];
  const mac = hmacOf(token, signed.join("\n"));
  return {
    authorization: `GpuPanel key=${keyOf(token)}, time=${time}, nonce=${nonce}, mac=${mac}`,
    "content-digest": digest,
  };
}
