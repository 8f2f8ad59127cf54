import { problem } from "../../shared/problems/make-problem.ts";
import { refuse } from "../../shared/protocol/reply.ts";
import { prepareRequestSchema } from "../../shared/protocol/requests.ts";
import { idSchema } from "../http/openapi/components.ts";
import { defineAction } from "./define-action.ts";
import { idOfPath, message } from "./requests.ts";

export const prepareBackend = defineAction({
  name: "prepare-backend",
  summary: "Makes a backend ready that a release has left unable to run a job",
  docs: "such a one is `parked`. A1111 loads its model, vLLM wakes up",
  may: "act",
  reply: idSchema,
  http: {
    method: "POST",
    path: "/api/v1/backends/{id}/prepare",
    id: /[\w.-]{1,60}/,
    takes: idOfPath,
    answers: { 200: "It is ready" },
    refused: { otherwise: 409 },
  },
  socket: { event: "prepare-backend", takes: message(prepareRequestSchema) },
  run: (sidecar, { id }, { ownBackend }) =>
    ownBackend === undefined || ownBackend === id
      ? sidecar.prepareBackend(id)
      : refuse(problem("not-allowed")),
});
