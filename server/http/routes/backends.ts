import { idSchema } from "../openapi/components.ts";
import { sendJson, sendProblem } from "../respond.ts";
import type { Route } from "./route.ts";

/** Makes a backend ready that a release has left unable to run a job. */
export const prepareBackend: Route = {
  method: "POST",
  path: /^api\/v1\/backends\/([\w.-]{1,60})\/prepare$/,
  describe: {
    path: "/api/v1/backends/{id}/prepare",
    summary: "Makes a backend ready that a release has left unable to run a job",
    acts: true,
    answers: { 200: { what: "It is ready", schema: idSchema } },
    problems: [409],
  },
  async handle({ response, actProblem, params: [id = ""] }, sidecar) {
    if (actProblem !== null) return sendProblem(response, 403, actProblem);
    const reply = await sidecar.prepareBackend(id);
    if (reply.ok) sendJson(response, 200, reply.data);
    else sendProblem(response, 409, reply);
  },
};
