import { problem } from "../../shared/problems/make-problem.ts";
import { refuse } from "../../shared/protocol/reply.ts";
import { cancelRequestSchema } from "../../shared/protocol/requests.ts";
import { idSchema } from "../http/openapi/components.ts";
import { AWAY } from "./away.ts";
import { defineAction } from "./define-action.ts";
import { idOfPath, message } from "./requests.ts";

export const cancelRelease = defineAction({
  name: "cancel-release",
  summary: "Cancels a release while it waits for a job",
  docs: "whoever began it, as long as nothing has been asked of the backend",
  may: "release",
  reply: idSchema,
  http: {
    method: "DELETE",
    path: "/api/v1/release/{id}",
    takes: idOfPath,
    answers: { 200: "It is cancelled" },
    refused: { ...AWAY, otherwise: 409 },
  },
  socket: { event: "cancel-release", takes: message(cancelRequestSchema) },
  run(sidecar, { id }, { address, ownBackend }) {
    // The page of one app must not stop the release of another.
    if (ownBackend !== undefined && sidecar.findRelease(id)?.backend !== ownBackend)
      return refuse(problem("not-allowed"));
    const isOwn = sidecar.findRelease(id) !== null;
    return (isOwn ? null : sidecar.elsewhere.cancelRelease(id)) ?? sidecar.cancelRelease(address, id);
  },
});
