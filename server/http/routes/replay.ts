import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import { replayDemandSchema, replaySchema } from "../../../shared/protocol/replay.ts";
import { describeIssues } from "../../../shared/protocol/requests.ts";
import { readJson } from "../read-json.ts";
import { sendJson, sendProblem } from "../respond.ts";
import type { Route } from "./route.ts";

/** Plays, pauses or moves the recording. */
export const replay: Route = {
  method: "POST",
  path: /^api\/v1\/replay$/,
  describe: {
    path: "/api/v1/replay",
    summary: "Plays, pauses or moves a recording (--source replay:FILE)",
    acts: true,
    body: replayDemandSchema,
    answers: { 200: { what: "How it is played from now on", schema: replaySchema } },
    problems: [400, 409],
  },
  async handle({ request, response, actProblem }, sidecar) {
    if (actProblem !== null) return sendProblem(response, 403, actProblem);
    const body = await readJson(request);
    if (!body.ok) return sendProblem(response, 400, problem("bad-request", { detail: body.detail }));
    const parsed = v.safeParse(replayDemandSchema, body.value);
    if (!parsed.success) {
      return sendProblem(response, 400, problem("bad-request", { detail: describeIssues(parsed.issues) }));
    }
    const reply = sidecar.replay(parsed.output);
    if (reply.ok) sendJson(response, 200, reply.data);
    else sendProblem(response, 409, reply);
  },
};
