import { historyAnswerSchema, historyQuerySchema } from "../../shared/history/series.ts";
import { defineAction } from "./define-action.ts";
import { message, query } from "./requests.ts";

export const history = defineAction({
  name: "history",
  summary: "Minimum, mean and maximum of any stretch of the last 30 days",
  docs: "see [history](#history)",
  may: "see",
  reply: historyAnswerSchema,
  http: {
    method: "GET",
    path: "/api/v1/history",
    takes: query(historyQuerySchema),
    answers: { 200: "As many points as were asked for, or fewer" },
    refused: { "too-many-requests": 429, otherwise: 400 },
  },
  socket: { event: "history", takes: message(historyQuerySchema) },
  run: (sidecar, asked, { address }) => sidecar.history(asked, address),
});
