import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import type { Problem } from "../../shared/problems/problem.ts";
import type { ProblemBody } from "./openapi/describe.ts";

/** Sends JSON that is never cached. */
export function sendJson(response: ServerResponse, status: number, body: unknown, type = "application/json") {
  sendText(response, status, { type: `${type}; charset=utf-8`, text: JSON.stringify(body) });
}

/** What travels packed where the asker can unpack it, characters: less gains little, more would hold everybody up. */
const PACKED = { from: 4096, to: 65_536 };

/** Sends text that is never cached. */
export function sendText(
  response: ServerResponse,
  status: number,
  { type, text }: { type: string; text: string },
) {
  const { method, headers } = response.req;
  const packs =
    text.length >= PACKED.from &&
    text.length <= PACKED.to &&
    /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(String(headers["accept-encoding"] ?? ""));
  // Level 1: a quarter of a millisecond for the state of eight GPUs, which becomes a sixth.
  const content = packs ? gzipSync(text, { level: 1 }) : Buffer.from(text);
  response.writeHead(status, {
    "content-type": type,
    ...(packs ? { "content-encoding": "gzip" } : {}),
    "content-length": content.length,
    "cache-control": "no-store",
  });
  response.end(method === "HEAD" ? undefined : content);
}

/** Sends a status that has no body. */
export function sendNothing(response: ServerResponse, status: number) {
  response.writeHead(status, { "cache-control": "no-store" });
  response.end();
}

/** Sends what is wrong as RFC 9457 `application/problem+json`, with our `code`, `advice` and `params` beside it. */
export function sendProblem(response: ServerResponse, status: number, problem: Problem) {
  sendJson(response, status, problemBody(status, problem), "application/problem+json");
}

export function problemBody(status: number, { code, message, advice, params }: Problem): ProblemBody {
  return { type: "about:blank", title: message, status, detail: advice, code, message, advice, params };
}

/** Thrown where a request is read: how it is answered then. */
export class RequestProblem extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.message);
  }
}
