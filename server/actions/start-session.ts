import { sessionSchema, sessionStartSchema } from "../../shared/sessions/session.ts";
import { defineAction } from "./define-action.ts";
import { body } from "./requests.ts";

export const startSession = defineAction({
  name: "start-session",
  summary: "Begins a session of these GPUs, or of all",
  docs: "409 when too many go on",
  may: "act",
  reply: sessionSchema,
  http: {
    method: "POST",
    path: "/api/v1/sessions",
    takes: body(sessionStartSchema),
    answers: { 201: "The session has begun" },
    refused: { "bad-request": 400, otherwise: 409 },
  },
  run: (sidecar, { id: _, ...wish }) => sidecar.sessions.start(wish),
});
