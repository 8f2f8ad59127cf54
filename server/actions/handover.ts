import { problem } from "../../shared/problems/make-problem.ts";
import { refuse } from "../../shared/protocol/reply.ts";
import { idRequestSchema } from "../../shared/protocol/requests.ts";
import { idSchema } from "../http/openapi/components.ts";
import { defineAction } from "./define-action.ts";
import { idOfPath, message } from "./requests.ts";

export const postponeHandover = defineAction({
  name: "postpone-handover",
  summary: "“Not now” to what is announced for a backend, for ten minutes",
  docs: "see [hand-over](handover.md)",
  may: "act",
  reply: idSchema,
  http: {
    method: "POST",
    path: "/api/v1/backends/{id}/postpone",
    id: /[\w.-]{1,60}/,
    takes: idOfPath,
    answers: { 200: "It is put off" },
    refused: { otherwise: 409 },
  },
  socket: { event: "postpone-handover", takes: message(idRequestSchema) },
  run: (sidecar, { id }, { ownBackend }) =>
    ownBackend === undefined || ownBackend === id
      ? sidecar.handover.postpone(id)
      : refuse(problem("not-allowed")),
});
