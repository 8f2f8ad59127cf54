import * as v from "valibot";
import { profileQuerySchema } from "../../../shared/capacity/match-profile.ts";
import { problem } from "../../../shared/problems/make-problem.ts";
import { describeIssues } from "../../../shared/protocol/requests.ts";
import { fitSchema } from "../openapi/fit-schema.ts";
import { sendJson, sendProblem } from "../respond.ts";
import type { Route } from "./route.ts";

/** Does one more such job fit now, how many, and what would make it fit? */
export const fitRoute: Route = {
  method: "GET",
  path: /^api\/v1\/fit$/,
  describe: {
    path: "/api/v1/fit",
    summary: "Does one more such job fit now, how many, and what would make it fit?",
    query: profileQuerySchema,
    answers: { 200: { what: "Whether it fits, or by how much it does not", schema: fitSchema } },
    problems: [400, 404],
  },
  handle({ response, url }, sidecar) {
    const parsed = v.safeParse(profileQuerySchema, Object.fromEntries(url.searchParams));
    if (!parsed.success) {
      return sendProblem(response, 400, problem("bad-request", { detail: describeIssues(parsed.issues) }));
    }
    const answer = sidecar.fit(parsed.output);
    if (answer.ok) sendJson(response, 200, answer.data);
    else sendProblem(response, 404, answer);
  },
};
