import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import { describeIssues } from "../../../shared/protocol/requests.ts";
import { sessionSchema, sessionStartSchema } from "../../../shared/sessions/session.ts";
import { sessionsCsv } from "../../../shared/sessions/sessions-csv.ts";
import { readJson } from "../read-json.ts";
import { sendJson, sendProblem } from "../respond.ts";
import type { Route } from "./route.ts";

const one = { what: "The session", schema: sessionSchema };
const ID = "([\\w-]{1,64})";

/** Marked stretches of time, newest first. */
export const listSessions: Route = {
  method: "GET",
  path: /^api\/v1\/sessions$/,
  describe: {
    path: "/api/v1/sessions",
    summary: "Marked stretches of time and what each GPU did in them, newest first",
    answers: { 200: { what: "The sessions", schema: v.object({ sessions: v.array(sessionSchema) }) } },
  },
  handle: ({ response }, sidecar) => sendJson(response, 200, { sessions: sidecar.sessions.list() }),
};

/** The same as CSV, a line for each GPU. */
export const sessionsAsCsv: Route = {
  method: "GET",
  path: /^api\/v1\/sessions\.csv$/,
  describe: {
    path: "/api/v1/sessions.csv",
    summary: "The sessions as CSV, a line for each GPU",
    answers: { 200: { what: "CSV by RFC 4180", schema: v.string(), type: "text/csv" } },
  },
  handle({ request, response }, sidecar) {
    const text = sessionsCsv(sidecar.sessions.list());
    response.writeHead(200, {
      "content-type": "text/csv; charset=utf-8",
      "content-length": Buffer.byteLength(text),
      "content-disposition": 'attachment; filename="gpu-sessions.csv"',
      "cache-control": "no-store",
    });
    response.end(request.method === "HEAD" ? undefined : text);
  },
};

/** Begins a session. */
export const startSession: Route = {
  method: "POST",
  path: /^api\/v1\/sessions$/,
  describe: {
    path: "/api/v1/sessions",
    summary: "Begins a session of these GPUs, or of all",
    acts: true,
    body: sessionStartSchema,
    answers: { 201: { what: "The session has begun", schema: sessionSchema } },
    problems: [400, 409],
  },
  async handle({ request, response, actProblem }, sidecar) {
    if (actProblem !== null) return sendProblem(response, 403, actProblem);
    const body = await readJson(request);
    if (!body.ok) return sendProblem(response, 400, problem("bad-request", { detail: body.detail }));
    const parsed = v.safeParse(sessionStartSchema, body.value);
    if (!parsed.success) {
      return sendProblem(response, 400, problem("bad-request", { detail: describeIssues(parsed.issues) }));
    }
    const reply = sidecar.sessions.start(parsed.output);
    if (reply.ok) sendJson(response, 201, reply.data);
    else sendProblem(response, reply.code === "bad-request" ? 400 : 409, reply);
  },
};

/** Ends a session. */
export const stopSession: Route = {
  method: "POST",
  path: new RegExp(`^api/v1/sessions/${ID}/stop$`),
  describe: {
    path: "/api/v1/sessions/{id}/stop",
    summary: "Ends a session",
    acts: true,
    answers: { 200: one },
    problems: [404],
  },
  handle({ response, actProblem, params: [id = ""] }, sidecar) {
    if (actProblem !== null) return sendProblem(response, 403, actProblem);
    const reply = sidecar.sessions.stop(id);
    if (reply.ok) sendJson(response, 200, reply.data);
    else sendProblem(response, 404, reply);
  },
};

/** Forgets a session. */
export const removeSession: Route = {
  method: "DELETE",
  path: new RegExp(`^api/v1/sessions/${ID}$`),
  describe: {
    path: "/api/v1/sessions/{id}",
    summary: "Forgets a session",
    acts: true,
    answers: { 200: one },
    problems: [404],
  },
  handle({ response, actProblem, params: [id = ""] }, sidecar) {
    if (actProblem !== null) return sendProblem(response, 403, actProblem);
    const reply = sidecar.sessions.remove(id);
    if (reply.ok) sendJson(response, 200, reply.data);
    else sendProblem(response, 404, reply);
  },
};
