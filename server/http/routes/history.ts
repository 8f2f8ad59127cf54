import * as v from "valibot";
import { historyAnswerSchema, historyQuerySchema } from "../../../shared/history/series.ts";
import { problem } from "../../../shared/problems/make-problem.ts";
import { describeIssues } from "../../../shared/protocol/requests.ts";
import { sendJson, sendProblem } from "../respond.ts";
import type { Route } from "./route.ts";

/** Minimum, mean and maximum of any stretch of the last 30 days, as at most a few hundred points. */
export const history: Route = {
  method: "GET",
  path: /^api\/v1\/history$/,
  describe: {
    path: "/api/v1/history",
    summary: "Minimum, mean and maximum of any stretch of the last 30 days",
    query: historyQuerySchema,
    answers: { 200: { what: "As many points as were asked for, or fewer", schema: historyAnswerSchema } },
    problems: [400, 429],
  },
  handle({ request, response, url }, sidecar) {
    const parsed = v.safeParse(historyQuerySchema, Object.fromEntries(url.searchParams));
    if (!parsed.success) {
      return sendProblem(response, 400, problem("bad-request", { detail: describeIssues(parsed.issues) }));
    }
    const reply = sidecar.history(parsed.output, request.socket.remoteAddress);
    if (reply.ok) return sendJson(response, 200, reply.data);
    if (reply.code !== "too-many-requests") return sendProblem(response, 400, reply);
    response.setHeader("retry-after", String(reply.params.seconds ?? 1));
    sendProblem(response, 429, reply);
  },
};
