import { jobEndSchema } from "../../shared/protocol/job-requests.ts";
import { succeed } from "../../shared/protocol/reply.ts";
import { placedJobSchema } from "../http/openapi/components.ts";
import { AWAY } from "./away.ts";
import { defineAction } from "./define-action.ts";
import { bodyOrNothing } from "./requests.ts";

export const endJob = defineAction({
  name: "end-job",
  summary: "The job has ended, or no longer wants to start",
  docs: "it needs no body, and may have ended before. `peakMiB` is what it measured itself, evidence for its class: of what the host reads from its allocator 1 % more is reserved, of what was sampled 4 %. `leastMiB` is the part of it that cannot give way, where the host drops weights as others need room. `partial: true` says that its host still had some results: such a job can only raise what is known of its class. `gaveWay: true` says that it lets others have the card in mid-job, and asks for its rest as another job: what it showed counts as of a part, nobody is told of an end, and its backend counts as idle until it asks or runs again, ten minutes at most. `ranSeconds`, at the end of the rest, is how long it ran in all",
  may: "act",
  reply: placedJobSchema,
  http: {
    method: "DELETE",
    path: "/api/v1/jobs/{id}",
    takes: bodyOrNothing(jobEndSchema),
    answers: { 200: "The job" },
    refused: { ...AWAY, otherwise: 404 },
  },
  async run(sidecar, { id, ...end }) {
    const job = sidecar.jobs.finish(id, end);
    return job === null ? sidecar.elsewhere.ofJob(id, "DELETE", "", end) : succeed(job);
  },
});
