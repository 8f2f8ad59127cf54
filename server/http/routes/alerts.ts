import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import { muteRequestSchema } from "../../../shared/protocol/alert-requests.ts";
import { describeIssues } from "../../../shared/protocol/requests.ts";
import { readJson } from "../read-json.ts";
import { sendJson, sendProblem } from "../respond.ts";
import type { Route } from "./route.ts";

/** The alerts of now, those of before, and what is muted. */
export const listAlerts: Route = {
  method: "GET",
  path: /^api\/v1\/alerts$/,
  handle: ({ response }, sidecar) => sendJson(response, 200, sidecar.alerts.all()),
};

/** Somebody has seen the alert of this id. */
export const acknowledgeAlert: Route = {
  method: "POST",
  path: /^api\/v1\/alerts\/([\w-]{1,64})\/acknowledge$/,
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
  async handle({ response, actProblem }, sidecar) {
    if (actProblem !== null) return sendProblem(response, 403, actProblem);
    sendJson(response, 200, { receivers: await sidecar.alerts.test() });
  },
};
