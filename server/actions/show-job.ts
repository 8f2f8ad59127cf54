import { jobQuerySchema } from "../../shared/protocol/job-requests.ts";
import { succeed } from "../../shared/protocol/reply.ts";
import { placedJobSchema } from "../http/openapi/components.ts";
import { AWAY } from "./away.ts";
import { defineAction } from "./define-action.ts";
import { query } from "./requests.ts";

/** Less than what an answer of another host may take. */
const PASSED_ON_WAIT_SECONDS = 5;

export const showJob = defineAction({
  name: "show-job",
  summary: "One job; with wait= the answer is held back while it waits",
  docs: "30 seconds at most",
  may: "see",
  reply: placedJobSchema,
  http: {
    method: "GET",
    path: "/api/v1/jobs/{id}",
    takes: query(jobQuerySchema),
    answers: { 200: "The job" },
    refused: { ...AWAY, otherwise: 404 },
  },
  async run(sidecar, { id, wait }, { gone }) {
    const job = await sidecar.jobs.whenStarted(id, wait * 1000, gone());
    if (job !== null) return succeed(job);
    return sidecar.elsewhere.ofJob(id, "GET", `?wait=${Math.min(wait, PASSED_ON_WAIT_SECONDS)}`);
  },
});
