import { acknowledgeRequestSchema } from "../../shared/protocol/alert-requests.ts";
import { idSchema } from "../http/openapi/components.ts";
import { defineAction } from "./define-action.ts";
import { idOfPath, message } from "./requests.ts";

export const acknowledgeAlert = defineAction({
  name: "acknowledge-alert",
  summary: "Somebody has seen the alert and takes care of it",
  docs: "404 when it is over",
  may: "act",
  reply: idSchema,
  http: {
    method: "POST",
    path: "/api/v1/alerts/{id}/acknowledge",
    takes: idOfPath,
    answers: { 200: "It is acknowledged" },
    refused: { otherwise: 404 },
  },
  socket: { event: "acknowledge-alert", takes: message(acknowledgeRequestSchema) },
  run: (sidecar, { id }, { address }) => sidecar.alerts.acknowledge(id, address),
});
