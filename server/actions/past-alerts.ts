import { alertListSchema } from "../../shared/health/past-alert.ts";
import { succeed } from "../../shared/protocol/reply.ts";
import { defineAction } from "./define-action.ts";
import { nothing } from "./requests.ts";

export const pastAlerts = defineAction({
  name: "past-alerts",
  summary: "The alerts of now, those of before, and what is muted",
  docs: "`{alerts, past, mutes}`: those of now oldest first, the last 200 that are over newest first: see [alerts](alerts.md)",
  may: "see",
  reply: alertListSchema,
  http: {
    method: "GET",
    path: "/api/v1/alerts",
    takes: nothing,
    answers: { 200: "Those of now oldest first, those of before newest first" },
  },
  socket: { event: "past-alerts", takes: nothing },
  run: (sidecar) => succeed(sidecar.alerts.all()),
});
