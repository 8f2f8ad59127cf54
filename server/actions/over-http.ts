import type { ServerResponse } from "node:http";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import { refuse } from "../../shared/protocol/reply.ts";
import { callerOf } from "../gateway/caller.ts";
import type { RouteDescription } from "../http/openapi/describe.ts";
import { sendJson, sendNothing, sendProblem, sendText } from "../http/respond.ts";
import { ownBackendOf } from "../lib/bearer.ts";
import type { Asker } from "./asker.ts";
import type { Definition, Exchange, HttpWay, Route } from "./definition.ts";
import { problemWith } from "./right.ts";

/** Binds an action to a request: asks for the right, reads what it takes, and sends what came of it. */
export function overHttp<R, A>(action: Definition<R, A>, way: HttpWay<R, A>): Route {
  const describe = describeRoute(action, way);
  return {
    method: way.method,
    path: patternOf(way.path, way.id),
    describe,
    async handle({ request, response, url, id, actProblem }, sidecar) {
      const { may } = action;
      const asker = askerOf({ request, response, actProblem });
      const refused = typeof may === "function" ? null : problemWith(may, asker);
      if (refused !== null) return sendProblem(response, 403, refused);
      const parsed = await way.takes.read(request, url, id);
      if (!parsed.ok) return sendProblem(response, 400, problem("bad-request", { detail: parsed.detail }));
      const refusedThen = typeof may === "function" ? problemWith(may(parsed.request), asker) : null;
      if (refusedThen !== null) return sendProblem(response, 403, refusedThen);
      const reply =
        (await action.run(sidecar, parsed.request, asker)) ??
        refuse(problem("not-found", { path: url.pathname }));
      if (!reply.ok) return sendRefused(response, reply, way.refused);
      const { data } = reply;
      for (const [name, value] of Object.entries(way.headers?.(data) ?? {})) response.setHeader(name, value);
      const etag = way.etag?.(data);
      if (etag !== undefined) response.setHeader("etag", etag);
      if (etag !== undefined && request.headers["if-none-match"]?.replace(/^W\//, "") === etag)
        return sendNothing(response, 304);
      const status = way.status?.(data) ?? Number(Object.keys(way.answers)[0]);
      if (way.stays !== undefined) return keepOpen(response, status, data, way.stays(sidecar));
      const text = way.text?.(data);
      if (text === undefined) sendJson(response, status, data);
      else sendText(response, status, text);
    },
  };
}

/** A line of JSON, then an empty one again and again: either end sees by it that the other has gone. */
function keepOpen(response: ServerResponse, status: number, data: unknown, beatMs: number) {
  response.writeHead(status, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  response.write(`${JSON.stringify(data)}\n`);
  const beat = setInterval(() => response.write("\n"), beatMs);
  response.once("close", () => clearInterval(beat));
}

export function askerOf({
  request,
  response,
  actProblem,
}: Pick<Exchange, "request" | "response" | "actProblem">): Asker {
  return {
    address: request.socket.remoteAddress ?? "unknown",
    actProblem,
    ownBackend: ownBackendOf(request.headers),
    directPort: callerOf(request).isDirect ? (request.socket.localPort ?? null) : null,
    gone() {
      const gone = new AbortController();
      response.on("close", () => gone.abort());
      return gone.signal;
    },
  };
}

function sendRefused<R, A>(response: ServerResponse, problem: Problem, refused: HttpWay<R, A>["refused"]) {
  const { code, params } = problem;
  const after = code === "too-many-requests" ? (params.seconds ?? 1) : params.retryAfterS;
  if (typeof after === "number") response.setHeader("retry-after", String(after));
  const own = Object.entries(refused ?? {}).find(([named]) => named === code);
  sendProblem(response, own?.[1] ?? refused?.otherwise ?? 400, problem);
}

function describeRoute<R, A>(
  { summary, may, reply }: Pick<Definition<R, A>, "summary" | "may" | "reply">,
  { path, takes, answers, refused, stays }: HttpWay<R, A>,
): RouteDescription {
  const isRead = takes.query !== undefined || takes.body !== undefined;
  return {
    path,
    summary,
    acts: may === "act" || may === "release",
    ...(takes.query === undefined ? {} : { query: takes.query }),
    ...(takes.body === undefined ? {} : { body: takes.body }),
    answers: Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => [
        status,
        typeof answer === "string"
          ? { what: answer, schema: reply, ...(stays === undefined ? {} : { type: "application/x-ndjson" }) }
          : answer,
      ]),
    ),
    problems: [...(isRead ? [400] : []), ...Object.values(refused ?? {})],
  };
}

/** `/api/v1/jobs/{id}` as a pattern of what stands below the base path. */
function patternOf(path: string, id = /[\w-]{1,64}/): RegExp {
  const parts = path.slice(1).split("{id}");
  return new RegExp(`^${parts.map((part) => part.replaceAll(".", "\\.")).join(`(${id.source})`)}$`);
}
