import { jobPatchSchema } from "../../shared/protocol/job-requests.ts";
import { placedJobSchema } from "../http/openapi/components.ts";
import { AWAY } from "./away.ts";
import { defineAction } from "./define-action.ts";
import { bodyOrNothing } from "./requests.ts";

export const patchJob = defineAction({
  name: "patch-job",
  summary: "A heartbeat, and what has changed",
  docs: "A plain one needs no body. 409 when the job has ended",
  may: "act",
  reply: placedJobSchema,
  http: {
    method: "PATCH",
    path: "/api/v1/jobs/{id}",
    takes: bodyOrNothing(jobPatchSchema),
    answers: { 200: "The job" },
    refused: { ...AWAY, "not-found": 404, otherwise: 409 },
  },
  run: async (sidecar, { id, ...patch }) =>
    sidecar.jobs.heartbeat(id, patch) ?? sidecar.elsewhere.ofJob(id, "PATCH", "", patch),
});
