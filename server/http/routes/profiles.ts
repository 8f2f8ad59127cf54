import * as v from "valibot";
import { wireProfileSchema } from "../../../shared/capacity/profile.ts";
import { sendJson } from "../respond.ts";
import type { Route } from "./route.ts";

/** Job profiles: built in and configured. */
export const profiles: Route = {
  method: "GET",
  path: /^api\/v1\/profiles$/,
  describe: {
    path: "/api/v1/profiles",
    summary: "Job profiles: built in, configured, learned",
    answers: { 200: { what: "All of them", schema: v.object({ profiles: v.array(wireProfileSchema) }) } },
  },
  handle: ({ response }, sidecar) => sendJson(response, 200, { profiles: sidecar.profiles() }),
};
