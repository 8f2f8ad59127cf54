import { sendJson, sendProblem } from "../respond.ts";
import type { Route } from "./route.ts";

/** Makes a backend ready that a release has left unable to run a job. */
export const prepareBackend: Route = {
  method: "POST",
  path: /^api\/v1\/backends\/([\w.-]{1,60})\/prepare$/,
  async handle({ response, actProblem, params: [id = ""] }, sidecar) {
    if (actProblem !== null) return sendProblem(response, 403, actProblem);
    const reply = await sidecar.prepareBackend(id);
    if (reply.ok) sendJson(response, 200, reply.data);
    else sendProblem(response, 409, reply);
  },
};
