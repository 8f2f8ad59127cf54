import { succeed } from "../../shared/protocol/reply.ts";
import { releaseSchema } from "../../shared/release/release.ts";
import { defineAction } from "./define-action.ts";
import { idOfPath } from "./requests.ts";

export const showRelease = defineAction({
  name: "show-release",
  summary: "The release in progress, or one of the last ones",
  docs: "as in the state",
  may: "see",
  reply: releaseSchema,
  http: {
    method: "GET",
    path: "/api/v1/release/{id}",
    takes: idOfPath,
    answers: { 200: "The release, as in the state" },
    refused: { otherwise: 404 },
  },
  run(sidecar, { id }) {
    const found = sidecar.findRelease(id) ?? sidecar.elsewhere.findRelease(id);
    return found === null ? null : succeed(found);
  },
});
