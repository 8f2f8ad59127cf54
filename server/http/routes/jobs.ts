import type { IncomingMessage } from "node:http";
import * as v from "valibot";
import { type Job, jobSchema } from "../../../shared/capacity/job.ts";
import { problem } from "../../../shared/problems/make-problem.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import {
  jobBodySchema,
  jobEndSchema,
  jobPatchSchema,
  jobQuerySchema,
} from "../../../shared/protocol/job-requests.ts";
import { describeIssues } from "../../../shared/protocol/requests.ts";
import { readJson } from "../read-json.ts";
import { sendJson, sendProblem } from "../respond.ts";
import type { Exchange, Route } from "./route.ts";

const ONE_JOB = /^api\/v1\/jobs\/([\w-]{1,64})$/;
const CREATED: Readonly<Record<Job["state"], number>> = {
  running: 201,
  waiting: 202,
  done: 200,
  failed: 200,
  expired: 200,
};

/** A job asks to start: 201 it may, 202 it waits for room, 409 it can never fit. */
export const requestJob: Route = {
  method: "POST",
  path: /^api\/v1\/jobs$/,
  describe: {
    path: "/api/v1/jobs",
    summary: "A job asks to start; where it must wait, others do not run out of memory with it",
    acts: true,
    body: jobBodySchema,
    answers: {
      200: { what: "The job of this requestId has ended", schema: jobSchema },
      201: { what: "Admitted: its VRAM is reserved", schema: jobSchema },
      202: { what: "It waits for room", schema: jobSchema },
    },
    problems: [400, 409, 429, 503],
  },
  async handle({ request, response, actProblem }, sidecar) {
    if (actProblem !== null) return sendProblem(response, 403, actProblem);
    const body = await readBody(request, jobBodySchema);
    if (!body.ok) return sendProblem(response, 400, body.problem);
    const reply = await sidecar.jobs.request(body.value, request.socket.remoteAddress ?? "unknown");
    if (reply.ok) {
      tellWhen(response, reply.data);
      sendJson(response, CREATED[reply.data.state], reply.data);
    } else {
      const { retryAfterS } = reply.params;
      if (typeof retryAfterS === "number") response.setHeader("retry-after", retryAfterS);
      sendProblem(response, statusOf(reply), reply);
    }
  },
};

/** Who runs and who waits, in order, and who ended last. */
export const listJobs: Route = {
  method: "GET",
  path: /^api\/v1\/jobs$/,
  describe: {
    path: "/api/v1/jobs",
    summary: "Who runs and who waits, in order, and who ended last",
    answers: { 200: { what: "The jobs", schema: v.object({ jobs: v.array(jobSchema) }) } },
  },
  handle: ({ response }, sidecar) => sendJson(response, 200, { jobs: sidecar.jobs.list() }),
};

/** One job; with `?wait=` the answer is held back while the job waits. */
export const showJob: Route = {
  method: "GET",
  path: ONE_JOB,
  describe: {
    path: "/api/v1/jobs/{id}",
    summary: "One job; with wait= the answer is held back while it waits",
    query: jobQuerySchema,
    answers: { 200: { what: "The job", schema: jobSchema } },
    problems: [400, 404],
  },
  async handle({ response, url, params: [id = ""] }, sidecar) {
    const query = v.safeParse(jobQuerySchema, Object.fromEntries(url.searchParams));
    if (!query.success)
      return sendProblem(response, 400, problem("bad-request", { detail: describeIssues(query.issues) }));
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const job = await sidecar.jobs.whenStarted(id, query.output.wait * 1000, gone.signal);
    if (job === null) sendProblem(response, 404, problem("not-found", { path: url.pathname }));
    else if (!gone.signal.aborted) sendJson(response, 200, job);
  },
};

/** A heartbeat, and what has changed. */
export const patchJob: Route = {
  method: "PATCH",
  path: ONE_JOB,
  describe: {
    path: "/api/v1/jobs/{id}",
    summary: "A heartbeat, and what has changed",
    acts: true,
    body: jobPatchSchema,
    answers: { 200: { what: "The job", schema: jobSchema } },
    problems: [400, 404, 409],
  },
  async handle({ request, response, actProblem, url, params: [id = ""] }, sidecar) {
    if (actProblem !== null) return sendProblem(response, 403, actProblem);
    const body = await readBody(request, jobPatchSchema);
    if (!body.ok) return sendProblem(response, 400, body.problem);
    const reply = sidecar.jobs.heartbeat(id, body.value);
    if (reply === null) sendProblem(response, 404, problem("not-found", { path: url.pathname }));
    else if (reply.ok) sendJson(response, 200, reply.data);
    else sendProblem(response, 409, reply);
  },
};

/** The job has ended, or no longer wants to start. */
export const endJob: Route = {
  method: "DELETE",
  path: ONE_JOB,
  describe: {
    path: "/api/v1/jobs/{id}",
    summary: "The job has ended, or no longer wants to start",
    acts: true,
    body: jobEndSchema,
    answers: { 200: { what: "The job", schema: jobSchema } },
    problems: [400, 404],
  },
  async handle({ request, response, actProblem, url, params: [id = ""] }, sidecar) {
    if (actProblem !== null) return sendProblem(response, 403, actProblem);
    const body = await readBody(request, jobEndSchema);
    if (!body.ok) return sendProblem(response, 400, body.problem);
    const job = sidecar.jobs.finish(id, body.value);
    if (job === null) sendProblem(response, 404, problem("not-found", { path: url.pathname }));
    else sendJson(response, 200, job);
  },
};

function statusOf({ code }: Problem): number {
  if (code === "unknown-profile" || code === "bad-request") return 400;
  if (code === "demo-machine" || code === "not-sampling") return 503;
  return code === "too-many-waiting" ? 429 : 409;
}

/** Of a job that waits, in how many seconds it is expected to start, where that is known. */
function tellWhen(response: Exchange["response"], { state, startsAt, requestedAt }: Job) {
  if (state !== "waiting" || startsAt === null) return;
  response.setHeader("retry-after", Math.max(1, Math.ceil((startsAt - requestedAt) / 1000)));
}

/** The checked body of a request; one that has none reads as `{}`, so that a plain heartbeat needs no headers. */
async function readBody<const S extends v.GenericSchema>(
  request: Exchange["request"],
  schema: S,
): Promise<{ ok: true; value: v.InferOutput<S> } | { ok: false; problem: Problem }> {
  const read = hasBody(request) ? await readJson(request) : ({ ok: true, value: {} } as const);
  if (!read.ok) return { ok: false, problem: problem("bad-request", { detail: read.detail }) };
  const parsed = v.safeParse(schema, read.value);
  return parsed.success
    ? { ok: true, value: parsed.output }
    : { ok: false, problem: problem("bad-request", { detail: describeIssues(parsed.issues) }) };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}
