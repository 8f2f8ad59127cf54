import { jobSchema } from "../../shared/jobs/job.ts";
import { jobPatchSchema } from "../../shared/protocol/job-requests.ts";
import { defineAction } from "./define-action.ts";
import { bodyOrNothing } from "./requests.ts";

export const patchJob = defineAction({
  name: "patch-job",
  summary: "A heartbeat, and what has changed",
  docs: "A plain one needs no body. 409 when the job has ended",
  may: "act",
  reply: jobSchema,
  http: {
    method: "PATCH",
    path: "/api/v1/jobs/{id}",
    takes: bodyOrNothing(jobPatchSchema),
    answers: { 200: "The job" },
    refused: { "not-found": 404, otherwise: 409 },
  },
  run: (sidecar, { id, ...patch }) => sidecar.jobs.heartbeat(id, patch),
});
