import { stateHelloSchema } from "../openapi/components.ts";
import { sendJson } from "../respond.ts";
import type { Route } from "./route.ts";

/** The whole present state, as the socket's `hello`. */
export const state: Route = {
  method: "GET",
  path: /^api\/v1\/state$/,
  describe: {
    path: "/api/v1/state",
    summary: "The whole present state, as the socket's hello",
    answers: { 200: { what: "The state; its history is empty", schema: stateHelloSchema } },
  },
  handle: ({ response, actProblem }, sidecar) => sendJson(response, 200, sidecar.hello(actProblem)),
};
