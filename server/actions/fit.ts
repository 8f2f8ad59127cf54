import * as v from "valibot";
import { FIT_LANGUAGES } from "../../shared/capacity/fit.ts";
import { fitQuerySchema } from "../../shared/protocol/job-requests.ts";
import { fitSchema } from "../http/openapi/fit-schema.ts";
import { defineAction } from "./define-action.ts";
import { query } from "./requests.ts";

const querySchema = v.strictObject({
  ...fitQuerySchema.entries,
  /** Language of `perGpu[].explanation`. */
  lang: v.optional(v.picklist(FIT_LANGUAGES, `lang is ${FIT_LANGUAGES.join(" or ")}`), "en"),
});

export const fit = defineAction({
  name: "fit",
  summary: "Does one more such job fit now, how many, and what would make it fit?",
  docs: "see [fit](#fit)",
  // What holds room is for those who may declare jobs.
  may: ({ intent }) => (intent === "start" ? "act" : "see"),
  reply: fitSchema,
  http: {
    method: "GET",
    path: "/api/v1/fit",
    takes: query(querySchema),
    answers: { 200: "Whether it fits, or by how much it does not" },
    refused: { "bad-request": 400, otherwise: 404 },
  },
  run: (sidecar, { id: _, lang, ...asked }, { address }) => sidecar.fit(asked, address, lang),
});
