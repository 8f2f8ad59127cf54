import * as v from "valibot";
import { FIT_LANGUAGES } from "../../../shared/capacity/fit.ts";
import { problem } from "../../../shared/problems/make-problem.ts";
import { fitQuerySchema } from "../../../shared/protocol/job-requests.ts";
import { describeIssues } from "../../../shared/protocol/requests.ts";
import { fitSchema } from "../openapi/fit-schema.ts";
import { sendJson, sendProblem } from "../respond.ts";
import type { Route } from "./route.ts";

const querySchema = v.strictObject({
  ...fitQuerySchema.entries,
  /** Language of `perGpu[].explanation`. */
  lang: v.optional(v.picklist(FIT_LANGUAGES, `lang is ${FIT_LANGUAGES.join(" or ")}`), "en"),
});

/** Does one more such job fit now, how many, and what would make it fit? */
export const fitRoute: Route = {
  method: "GET",
  path: /^api\/v1\/fit$/,
  describe: {
    path: "/api/v1/fit",
    summary: "Does one more such job fit now, how many, and what would make it fit?",
    query: querySchema,
    answers: { 200: { what: "Whether it fits, or by how much it does not", schema: fitSchema } },
    problems: [400, 403, 404],
  },
  async handle({ request, response, url, actProblem }, sidecar) {
    const parsed = v.safeParse(querySchema, Object.fromEntries(url.searchParams));
    if (!parsed.success) {
      return sendProblem(response, 400, problem("bad-request", { detail: describeIssues(parsed.issues) }));
    }
    const { lang, ...query } = parsed.output;
    // What holds room is for those who may declare jobs.
    if (query.intent === "start" && actProblem !== null) return sendProblem(response, 403, actProblem);
    const asker = request.socket.remoteAddress ?? "unknown";
    const answer = await sidecar.fit(query, asker, lang);
    if (answer.ok) sendJson(response, 200, answer.data);
    else sendProblem(response, answer.code === "bad-request" ? 400 : 404, answer);
  },
};
