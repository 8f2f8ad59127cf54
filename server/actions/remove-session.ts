import { sessionSchema } from "../../shared/sessions/session.ts";
import { defineAction } from "./define-action.ts";
import { idOfPath } from "./requests.ts";

export const removeSession = defineAction({
  name: "remove-session",
  summary: "Forgets a session",
  may: "act",
  reply: sessionSchema,
  http: {
    method: "DELETE",
    path: "/api/v1/sessions/{id}",
    takes: idOfPath,
    answers: { 200: "The session" },
    refused: { otherwise: 404 },
  },
  run: (sidecar, { id }) => sidecar.sessions.remove(id),
});
