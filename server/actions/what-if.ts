import * as v from "valibot";
import { FIT_LANGUAGES, type FitLanguage } from "../../shared/capacity/fit.ts";
import {
  DEFAULT_DAYS,
  MOST_DAYS,
  type WhatIfAnswer,
  whatIfAnswerSchema,
  whatIfRequestSchema,
} from "../../shared/what-if/what-if.ts";
import { defineAction } from "./define-action.ts";
import { message, query } from "./requests.ts";

const querySchema = v.strictObject({
  /** How far to look back. */
  days: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^\d{1,2}$/, `days is 1 to ${MOST_DAYS}`),
      v.transform(Number),
      v.minValue(1, `days is 1 to ${MOST_DAYS}`),
      v.maxValue(MOST_DAYS, `days is 1 to ${MOST_DAYS}`),
    ),
    String(DEFAULT_DAYS),
  ),
  /** Language of `text`. */
  lang: v.optional(v.picklist(FIT_LANGUAGES, `lang is ${FIT_LANGUAGES.join(" or ")}`), "en"),
});

export const whatIf = defineAction<{ days: number; lang?: FitLanguage }, WhatIfAnswer>({
  name: "what-if",
  summary:
    "What waiting for room would have changed in the last days, and each out-of-memory with who took VRAM before it",
  docs: "an estimate: see [what-if](#what-if)",
  may: "see",
  reply: whatIfAnswerSchema,
  http: {
    method: "GET",
    path: "/api/v1/what-if",
    takes: query(querySchema),
    answers: { 200: "The estimate; the first one takes some seconds" },
    refused: { otherwise: 409, "bad-request": 400 },
  },
  socket: { event: "what-if", takes: message(whatIfRequestSchema) },
  run: (sidecar, { days, lang = "en" }) => sidecar.whatIf(days, lang),
});
