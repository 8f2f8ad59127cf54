import { fitAdviceSchema, fitRequestSchema } from "../../shared/capacity/fit.ts";
import { defineAction } from "./define-action.ts";
import { message } from "./requests.ts";

export const adviseOnFit = defineAction({
  name: "advise-on-fit",
  summary: "What would make one more job of a profile fit",
  docs: "`{missingMiB, never, options}` of `GET /api/v1/fit`",
  may: "see",
  reply: fitAdviceSchema,
  socket: { event: "fit", takes: message(fitRequestSchema) },
  run: (sidecar, { profile }) => sidecar.adviseOn(profile),
});
