import { wireProfileSchema } from "../../shared/profiles/profile.ts";
import { idRequestSchema } from "../../shared/protocol/requests.ts";
import { defineAction } from "./define-action.ts";
import { idOfPath, message } from "./requests.ts";

export const takeFigure = defineAction({
  name: "take-figure",
  summary: "What jobs of a configured profile took here becomes its figure, until another is configured",
  docs: "`drift` of a profile says by how much they differ. The answer is the profile as it is then",
  may: "act",
  reply: wireProfileSchema,
  http: {
    method: "POST",
    path: "/api/v1/profiles/{id}/take-figure",
    id: /[\w.-]{1,80}/,
    takes: idOfPath,
    answers: { 200: "The profile as it is then" },
    refused: { otherwise: 404 },
  },
  socket: { event: "take-figure", takes: message(idRequestSchema) },
  run: (sidecar, { id }) => sidecar.takeFigure(id),
});
