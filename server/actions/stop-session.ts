import { sessionSchema } from "../../shared/sessions/session.ts";
import { defineAction } from "./define-action.ts";
import { idOfPath } from "./requests.ts";

export const stopSession = defineAction({
  name: "stop-session",
  summary: "Ends a session",
  may: "act",
  reply: sessionSchema,
  http: {
    method: "POST",
    path: "/api/v1/sessions/{id}/stop",
    takes: idOfPath,
    answers: { 200: "The session" },
    refused: { otherwise: 404 },
  },
  run: (sidecar, { id }) => sidecar.sessions.stop(id),
});
