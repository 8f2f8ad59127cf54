import * as v from "valibot";
import { FIT_LANGUAGES } from "../../shared/capacity/fit.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import { fitQuerySchema } from "../../shared/protocol/job-requests.ts";
import { refuse } from "../../shared/protocol/reply.ts";
import { groupFitSchema } from "../http/openapi/fit-schema.ts";
import { AWAY } from "./away.ts";
import { defineAction } from "./define-action.ts";
import { query } from "./requests.ts";

const querySchema = v.strictObject({
  ...fitQuerySchema.entries,
  /** `true`: over all hosts of the group. */
  anywhere: v.optional(v.picklist(["true", "false"], "anywhere is true or false"), "false"),
  /** Language of `perGpu[].explanation`. */
  lang: v.optional(v.picklist(FIT_LANGUAGES, `lang is ${FIT_LANGUAGES.join(" or ")}`), "en"),
});

export const fit = defineAction({
  name: "fit",
  summary: "Does one more such job fit now, how many, and what would make it fit?",
  docs: "see [fit](#fit); `anywhere=true` asks all hosts of the [group](group.md)",
  // What holds room is for those who may declare jobs.
  may: ({ intent }) => (intent === "start" ? "act" : "see"),
  reply: groupFitSchema,
  http: {
    method: "GET",
    path: "/api/v1/fit",
    takes: query(querySchema),
    answers: { 200: "Whether it fits, or by how much it does not" },
    refused: { ...AWAY, "bad-request": 400, otherwise: 404 },
  },
  run(sidecar, { id: _, lang, anywhere, ...asked }, { address }) {
    if (anywhere === "false") return sidecar.fit(asked, address, lang);
    const detail = "intent=start holds room on one host: ask that one for it";
    if (asked.intent === "start") return refuse(problem("bad-request", { detail }));
    return sidecar.elsewhere.fitAnywhere(asked, address);
  },
});
