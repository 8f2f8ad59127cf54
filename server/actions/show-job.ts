import { jobSchema } from "../../shared/jobs/job.ts";
import { jobQuerySchema } from "../../shared/protocol/job-requests.ts";
import { succeed } from "../../shared/protocol/reply.ts";
import { defineAction } from "./define-action.ts";
import { query } from "./requests.ts";

export const showJob = defineAction({
  name: "show-job",
  summary: "One job; with wait= the answer is held back while it waits",
  docs: "30 seconds at most",
  may: "see",
  reply: jobSchema,
  http: {
    method: "GET",
    path: "/api/v1/jobs/{id}",
    takes: query(jobQuerySchema),
    answers: { 200: "The job" },
    refused: { otherwise: 404 },
  },
  async run(sidecar, { id, wait }, { gone }) {
    const job = await sidecar.jobs.whenStarted(id, wait * 1000, gone());
    return job === null ? null : succeed(job);
  },
});
