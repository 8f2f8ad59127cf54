import * as v from "valibot";
import { jobSchema } from "../../shared/jobs/job.ts";
import { succeed } from "../../shared/protocol/reply.ts";
import { defineAction } from "./define-action.ts";
import { nothing } from "./requests.ts";

export const listJobs = defineAction({
  name: "list-jobs",
  summary: "Who runs and who waits, in order, and who ended last",
  docs: "`{jobs}`; of those that ended the last 20",
  may: "see",
  reply: v.object({ jobs: v.array(jobSchema) }),
  http: {
    method: "GET",
    path: "/api/v1/jobs",
    takes: nothing,
    answers: { 200: "The jobs" },
  },
  run: (sidecar) => succeed({ jobs: sidecar.jobs.list() }),
});
