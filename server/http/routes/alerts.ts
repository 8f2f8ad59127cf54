import * as v from "valibot";
import { alertListSchema, muteSchema, testResultSchema } from "../../../shared/health/past-alert.ts";
import { problem } from "../../../shared/problems/make-problem.ts";
import { muteRequestSchema } from "../../../shared/protocol/alert-requests.ts";
import { describeIssues } from "../../../shared/protocol/requests.ts";
import { idSchema } from "../openapi/components.ts";
import { readJson } from "../read-json.ts";
import { sendJson, sendProblem } from "../respond.ts";
import type { Route } from "./route.ts";

const testedSchema = v.object({ receivers: v.array(testResultSchema) });

/** The alerts of now, those of before, and what is muted. */
export const listAlerts: Route = {
  method: "GET",
  path: /^api\/v1\/alerts$/,
  describe: {
    path: "/api/v1/alerts",
    summary: "The alerts of now, those of before, and what is muted",
    answers: {
      200: { what: "Those of now oldest first, those of before newest first", schema: alertListSchema },
    },
  },
  handle: ({ response }, sidecar) => sendJson(response, 200, sidecar.alerts.all()),
};

/** Somebody has seen the alert of this id. */
export const acknowledgeAlert: Route = {
  method: "POST",
  path: /^api\/v1\/alerts\/([\w-]{1,64})\/acknowledge$/,
  describe: {
    path: "/api/v1/alerts/{id}/acknowledge",
    summary: "Somebody has seen the alert and takes care of it",
    acts: true,
    answers: { 200: { what: "It is acknowledged", schema: idSchema } },
    problems: [404],
  },
  handle({ request, response, actProblem, params: [id = ""] }, sidecar) {
    if (actProblem !== null) return sendProblem(response, 403, actProblem);
    const reply = sidecar.alerts.acknowledge(id, request.socket.remoteAddress ?? "unknown");
    if (reply.ok) sendJson(response, 200, reply.data);
    else sendProblem(response, 404, reply);
  },
};

/** Nobody is told of a rule's alerts for a while. */
export const muteRule: Route = {
  method: "POST",
  path: /^api\/v1\/alerts\/mute$/,
  describe: {
    path: "/api/v1/alerts/mute",
    summary: "Nobody is told of a rule's alerts for so many minutes; 0 ends that",
    acts: true,
    body: muteRequestSchema,
    answers: { 200: { what: "It is muted until then, epoch milliseconds", schema: muteSchema } },
    problems: [400],
  },
  async handle({ request, response, actProblem }, sidecar) {
    if (actProblem !== null) return sendProblem(response, 403, actProblem);
    const body = await readJson(request);
    if (!body.ok) return sendProblem(response, 400, problem("bad-request", { detail: body.detail }));
    const parsed = v.safeParse(muteRequestSchema, body.value);
    if (!parsed.success) {
      return sendProblem(response, 400, problem("bad-request", { detail: describeIssues(parsed.issues) }));
    }
    const reply = sidecar.alerts.mute(parsed.output.rule, parsed.output.minutes);
    if (reply.ok) sendJson(response, 200, reply.data);
    else sendProblem(response, 400, reply);
  },
};

/** Sends a test message to every receiver and tells what came of it. */
export const testAlerts: Route = {
  method: "POST",
  path: /^api\/v1\/alerts\/test$/,
  describe: {
    path: "/api/v1/alerts/test",
    summary: "Sends a test message to every receiver",
    acts: true,
    answers: { 200: { what: "What came of it", schema: testedSchema } },
  },
  async handle({ response, actProblem }, sidecar) {
    if (actProblem !== null) return sendProblem(response, 403, actProblem);
    sendJson(response, 200, { receivers: await sidecar.alerts.test() });
  },
};
