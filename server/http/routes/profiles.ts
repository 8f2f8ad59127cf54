import { sendJson } from "../respond.ts";
import type { Route } from "./route.ts";

/** Job profiles: built in and configured. */
export const profiles: Route = {
  method: "GET",
  path: /^api\/v1\/profiles$/,
  handle: ({ response }, sidecar) => sendJson(response, 200, { profiles: sidecar.profiles() }),
};
