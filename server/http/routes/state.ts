import { sendJson } from "../respond.ts";
import type { Route } from "./route.ts";

/** The whole present state, as the socket's `hello`. */
export const state: Route = {
  method: "GET",
  path: /^api\/v1\/state$/,
  handle: ({ response, actProblem }, sidecar) => sendJson(response, 200, sidecar.hello(actProblem)),
};
