import { muteSchema } from "../../shared/health/past-alert.ts";
import { muteRequestSchema } from "../../shared/protocol/alert-requests.ts";
import { defineAction } from "./define-action.ts";
import { body, message } from "./requests.ts";

export const muteRule = defineAction({
  name: "mute-rule",
  summary: "Nobody is told of a rule's alerts for so many minutes; 0 ends that",
  docs: "a week at most",
  may: "act",
  reply: muteSchema,
  http: {
    method: "POST",
    path: "/api/v1/alerts/mute",
    takes: body(muteRequestSchema),
    answers: { 200: "It is muted until then, epoch milliseconds" },
  },
  socket: { event: "mute-rule", takes: message(muteRequestSchema) },
  run: (sidecar, { rule, minutes }) => sidecar.alerts.mute(rule, minutes),
});
