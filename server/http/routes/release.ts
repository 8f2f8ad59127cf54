import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import { describeIssues, releaseBodySchema } from "../../../shared/protocol/requests.ts";
import { releaseRecordSchema } from "../../../shared/release/record.ts";
import { releaseSchema } from "../../../shared/release/release.ts";
import { idSchema } from "../openapi/components.ts";
import { readJson } from "../read-json.ts";
import { sendJson, sendProblem } from "../respond.ts";
import type { Route } from "./route.ts";

/** Starts a release, or joins the one in progress: 202 with its id. */
export const startRelease: Route = {
  method: "POST",
  path: /^api\/v1\/release$/,
  describe: {
    path: "/api/v1/release",
    summary: "Releases VRAM, or joins the release in progress",
    acts: true,
    body: releaseBodySchema,
    answers: { 202: { what: "It has begun; ask for it by its id", schema: idSchema } },
    problems: [400, 409],
  },
  async handle({ request, response, actProblem }, sidecar) {
    if (actProblem !== null) return sendProblem(response, 403, actProblem);
    const body = await readJson(request);
    if (!body.ok) return sendProblem(response, 400, problem("bad-request", { detail: body.detail }));
    const parsed = v.safeParse(releaseBodySchema, body.value);
    if (!parsed.success) {
      return sendProblem(response, 400, problem("bad-request", { detail: describeIssues(parsed.issues) }));
    }
    const requestedBy = request.socket.remoteAddress ?? "unknown";
    const reply = sidecar.release({ ...parsed.output, requestedBy });
    if (!reply.ok) return sendProblem(response, 409, reply);
    sendJson(response, 202, reply.data);
  },
};

/** The release of this id: the one in progress or one of the last ones. */
export const showRelease: Route = {
  method: "GET",
  path: /^api\/v1\/release\/([\w-]{1,64})$/,
  describe: {
    path: "/api/v1/release/{id}",
    summary: "The release in progress, or one of the last ones",
    answers: { 200: { what: "The release, as in the state", schema: releaseSchema } },
    problems: [404],
  },
  handle({ response, url, params: [id = ""] }, sidecar) {
    const found = sidecar.findRelease(id);
    if (found === null) sendProblem(response, 404, problem("not-found", { path: url.pathname }));
    else sendJson(response, 200, found);
  },
};

/** Cancels the release of this id while it waits for a job. */
export const cancelRelease: Route = {
  method: "DELETE",
  path: /^api\/v1\/release\/([\w-]{1,64})$/,
  describe: {
    path: "/api/v1/release/{id}",
    summary: "Cancels a release while it waits for a job",
    acts: true,
    answers: { 200: { what: "It is cancelled", schema: idSchema } },
    problems: [409],
  },
  handle({ request, response, actProblem, params: [id = ""] }, sidecar) {
    if (actProblem !== null) return sendProblem(response, 403, actProblem);
    const reply = sidecar.cancelRelease(request.socket.remoteAddress ?? "unknown", id);
    if (reply.ok) sendJson(response, 200, reply.data);
    else sendProblem(response, 409, reply);
  },
};

/** Releases of the past, newest first. */
export const pastReleases: Route = {
  method: "GET",
  path: /^api\/v1\/releases$/,
  describe: {
    path: "/api/v1/releases",
    summary: "The last 50 releases, newest first",
    answers: { 200: { what: "What each of them freed", schema: v.array(releaseRecordSchema) } },
  },
  handle: ({ response }, sidecar) => sendJson(response, 200, sidecar.pastReleases()),
};
